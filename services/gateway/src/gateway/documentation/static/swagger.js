/* Opens the merged document in Swagger UI; nothing is asked of a foreign validator. */
window.addEventListener("load", () => {
  const chosen = new URLSearchParams(window.location.search).get("service");
  const known = (document.body.dataset.services || "").split(" ").filter(Boolean);
  const urls = [{ name: "all", url: "/openapi.json" }].concat(
    known.map((name) => ({ name, url: `/openapi/${name}.json` })),
  );
  const one = known.includes(chosen) ? `/openapi/${chosen}.json` : urls[0].url;
  window.ui = SwaggerUIBundle({
    url: one,
    dom_id: "#page",
    deepLinking: true,
    docExpansion: "none",
    displayOperationId: true,
    filter: true,
    showExtensions: true,
    persistAuthorization: false,
    tagsSorter: undefined,
    tryItOutEnabled: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
});

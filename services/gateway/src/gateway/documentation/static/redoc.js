/* Opens the merged document in Redoc. */
window.addEventListener("load", () => {
  Redoc.init(
    "/openapi.json",
    { disableSearch: false, hideDownloadButton: false, nativeScrollbars: true, showExtensions: ["x-scopes", "x-rate-limit"] },
    document.getElementById("page"),
  );
});

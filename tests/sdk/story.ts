// One partner's story with the generated client: node story.ts BASE KEY
import { tonglu, type Schemas } from "./dist/index.js";

declare const process: { argv: string[] };

const [, , baseUrl, apiKey] = process.argv;
const api = tonglu({ baseUrl: baseUrl!, apiKey, language: "zh-CN" });

function good<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const customer = good(
  await api.PUT("/v1/customers/by-identity/{channel}/{external_id}", {
    params: { path: { channel: "distributor", external_id: "T-1" } },
    body: { name: "Harbour Lights Ltd", kind: "organisation" },
  }),
);
const wanted: Schemas["OrderCreate"] = {
  customer_id: customer.id,
  order_no: "TS-1",
  ordered_at: "2026-03-01T10:00:00Z",
  amount: { amount_minor: 4550, currency: "GBP" },
  channel: "distributor",
};
const order = good(await api.POST("/v1/orders", { body: wanted }));
const complaint = good(
  await api.POST("/v1/complaints", {
    body: { customer_id: customer.id, channel: "email", category: "delivery", subject: "Arrived wet" },
  }),
);
const absent = await api.GET("/v1/complaints/{complaint_id}", {
  params: { path: { complaint_id: order.id } },
});
if (absent.error?.status !== 404) throw new Error("a stranger's id is nobody's");
console.log(customer.name, order.order_no, complaint.number);

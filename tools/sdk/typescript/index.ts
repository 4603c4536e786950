import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type Tonglu = Client<paths>;
export type Schemas = components["schemas"];

/** Where Tonglu answers, and who asks: a person's access token or a partner's key. */
export interface Options {
  baseUrl: string;
  token?: string;
  apiKey?: string;
  language?: "en" | "zh-CN";
}

/** A client whose every path, parameter, body and answer is typed by the published document. */
export function tonglu({ baseUrl, token, apiKey, language }: Options): Tonglu {
  const headers: Record<string, string> = {};
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (apiKey) headers["X-API-Key"] = apiKey;
  if (language) headers["Accept-Language"] = language;
  return createClient<paths>({ baseUrl, headers });
}

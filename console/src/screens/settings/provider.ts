/** A provider of models, as GET /providers tells; what an older server does not know is missing. Prices are millionths of a dollar for a million tokens. */
export interface Provider {
  name: string;
  /** It stands in the configuration and can be changed only there. */
  is_configured?: boolean;
  kind: string;
  base_url: string;
  model: string;
  has_key: boolean;
  timeout_s: number;
  price_in: number;
  price_out: number;
  /** Of tokens that the provider had kept; `null`: as `price_in`. */
  price_cached?: number | null;
  /** Until there is a connection, until the first words, and between two pieces; `null`: as the configuration has it. */
  connect_timeout_ms?: number | null;
  first_token_ms?: number | null;
  stall_ms?: number | null;
  /** `null` where nothing was asked of it since the start. */
  health?: Health | null;
}

export interface Health {
  breaker: "closed" | "open" | "half_open";
  /** Until when it is left alone. */
  open_until: string | null;
  in_flight: number;
  first_content_ms: number | null;
  answered: number;
  failed: number;
  last_fault: { kind: string; at: string } | null;
}

/** The dialects, each with its name and a usual address. */
export const DIALECTS: Record<string, readonly [name: string, address: string]> = {
  openai: ["OpenAI", "https://api.example.com/v1"], anthropic: ["Anthropic", "https://api.anthropic.com"], gemini: ["Gemini", "https://generativelanguage.googleapis.com"], ollama: ["Ollama", "http://127.0.0.1:11434"],
};
/** What may be left to the server, and what an older one does not take. */
export const OPTIONAL = ["price_cached", "connect_timeout_ms", "first_token_ms", "stall_ms"] as const;
export type Optional = (typeof OPTIONAL)[number];

export interface Settings extends Pick<Provider, "kind" | "base_url" | "model" | "timeout_s" | "price_in" | "price_out">, Record<Optional, number | null> {
  /** Empty: the stored one stays. */
  api_key: string;
}

/** The body that makes a provider as `settings` say. What is empty and was empty before is not sent. */
export function bodyOf({ api_key, ...settings }: Settings, before: Provider | null): Record<string, unknown> {
  const kept = Object.entries(settings).filter(([name, value]) => value !== null || before?.[name as Optional] != null);
  return { ...Object.fromEntries(kept), ...(api_key ? { api_key } : {}) };
}

/** How a provider fares, as a state that has a mark and a colour. */
export function stateOf(health: Health | null | undefined, now: number): "unknown" | "ok" | "degraded" | "down" {
  if (!health) return "unknown";
  // Once its time is over the next call tries it.
  if (health.breaker === "open") return health.open_until !== null && Date.parse(health.open_until) <= now ? "degraded" : "down";
  return health.breaker === "half_open" ? "degraded" : "ok";
}

// What /budgets, /ledger and /spending tell. All amounts are millionths of a dollar.

export type Scope = "all" | "provider" | "pipeline" | "channel" | "user" | "key";
export type Period = "day" | "month" | "ever";
export const SCOPES: readonly Scope[] = ["all", "provider", "pipeline", "channel", "user", "key"];
export const PERIODS: readonly Period[] = ["day", "month", "ever"];

/** What a budget or a sum is about: the provider's name, or the id of the others; empty for the whole desk. */
export interface Place {
  scope: Scope;
  name: string;
}

export interface Budget {
  id: string;
  place: Place;
  period: Period;
  hard_micros: number | null;
  soft_micros: number | null;
  spent_micros: number;
  held_micros: number;
  resets_at: string | null;
  created_at: string;
}

export interface Entry {
  id: string;
  at: string;
  provider: string;
  model: string;
  outcome: string;
  places: Place[];
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
  is_estimated: boolean;
  micros: number;
}

export interface Day {
  /** Its beginning in UTC. */
  day: string;
  place: Place;
  calls: number;
  failures: number;
  prompt_tokens: number;
  completion_tokens: number;
  micros: number;
}

export interface Spending {
  days: Day[];
  month: { spent_micros: number; forecast_micros: number; days: number };
}

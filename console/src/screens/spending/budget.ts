import type { Budget } from "./types";

/** How a budget fares: nothing more is possible, its warning is passed, or neither. */
export type Fare = "spent" | "warned" | "fine";

export interface Use {
  fare: Fare;
  /** What may still be asked for; `null` where nothing is ever refused. */
  left: number | null;
  /** Shares of the whole bar, 0 to 1. */
  spent: number;
  held: number;
  /** Where on the bar the warning stands; `null` where there is none of its own. */
  soft: number | null;
}

/** How far a budget is used: by what was spent, and by what is put aside for calls under way. */
export function useOf({ hard_micros: hard, soft_micros: soft, spent_micros: spent, held_micros: held }: Budget): Use {
  const used = spent + held;
  // Without a limit the bar goes as far as is needed to show the warning and what lies beyond it.
  const whole = Math.max(hard ?? Math.max(soft ?? 0, used), 1);
  const fare = hard !== null && used >= hard ? "spent" : soft !== null && spent >= soft ? "warned" : "fine";
  const isForbidden = hard === 0;
  return {
    fare,
    left: hard === null ? null : Math.max(0, hard - used),
    spent: isForbidden ? 1 : Math.min(1, spent / whole),
    held: isForbidden ? 0 : Math.min(1 - Math.min(1, spent / whole), held / whole),
    soft: soft === null || soft === hard ? null : Math.min(1, soft / whole),
  };
}

/** The body that sets a budget as `budget` says. */
export function bodyOf({ place, period, hard_micros, soft_micros }: Pick<Budget, "place" | "period" | "hard_micros" | "soft_micros">): Record<string, unknown> {
  return { scope: place.scope, name: place.name, period, hard_micros, soft_micros };
}

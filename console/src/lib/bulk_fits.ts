export type BulkAction = "approve" | "reject" | "publish" | "retract" | "withdraw" | "reopen";
/** What people choose; `withdraw` is the way back from an approval. */
export type BulkDeed = Exclude<BulkAction, "withdraw">;

/** The states in which a deed can be done. */
export const FITS: Record<BulkAction, readonly string[]> = {
  approve: ["in_review"], reject: ["in_review"], publish: ["approved", "scheduled", "failed"], retract: ["published"],
  withdraw: ["approved", "scheduled"], reopen: ["rejected", "failed", "retracted"],
};

/** The states of a filter (none: all) in which a deed can be done; empty when there are none. */
export function fitting(action: BulkAction, states: readonly string[]): string[] {
  return FITS[action].filter((state) => states.length === 0 || states.includes(state));
}

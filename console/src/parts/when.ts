/** When a post is to be published: at a time, or at the next free slot. */
export interface When {
  due_at?: string;
  slot?: "next";
  /** Even in a blackout. */
  force?: true;
}

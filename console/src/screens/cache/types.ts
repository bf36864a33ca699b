import type { components } from "../../lib/schema";

type Schemas = components["schemas"];
/** What the cache of the process that answers holds and did, since its start. */
export type Stats = Schemas["CacheStats"];
export type Tier = Schemas["CacheTier"];
export type Space = Schemas["CacheSpace"];
export type Counted = Schemas["CountedKey"];
export type Entry = Schemas["CacheEntry"];
export type Purged = Schemas["CachePurged"];

/** What a purge names; a key stands in a space, a pattern is `space:glob`. */
export interface Aim {
  kind: "tag" | "key" | "pattern" | "all";
  space: string;
  name: string;
}

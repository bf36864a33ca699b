// The calls that the API's document knows, as types: an address or a method that is not in it does not compile.
import type { paths } from "./schema";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** `/posts/{id}/approval` as the type of what `/posts/${id}/approval` makes. */
type Filled<Path extends string> = Path extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : Path;

type Below<Path> = Path extends `/api/v3${infer Rest}` ? Filled<Rest> : never;

/** The addresses below `/api/v3` that answer a method. */
export type Address<M extends Method> = { [P in keyof paths]: paths[P] extends { [key in Lowercase<M>]: object } ? Below<P> : never }[keyof paths];

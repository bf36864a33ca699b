import createClient from "openapi-fetch";
import { send } from "./api";
import { readProblem } from "./problem";
import type { paths } from "./schema";

// Apart from `call`, since the first load does without it: 2.5 KB.

/** A client whose paths, parameters and answers are those of the OpenAPI document. */
export const api = createClient<paths>({ fetch: send });

/** The data of an answer, or its problem thrown. */
export async function ok<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  throw await readProblem(new Response(JSON.stringify(error), { status: response.status, headers: response.headers }));
}

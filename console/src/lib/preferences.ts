import { call } from "./api";

let known: Promise<Record<string, unknown>> | null = null;

/** All preferences of this person; read once. */
export function preferences(): Promise<Record<string, unknown>> {
  known ??= call<Record<string, unknown>>("GET", "/preferences").catch((thrown: unknown) => {
    known = null;
    throw thrown;
  });
  return known;
}

export async function preference<T>(name: string): Promise<T | undefined> {
  return (await preferences())[name] as T | undefined;
}

export async function setPreference(name: string, value: unknown): Promise<void> {
  await call<void>("PUT", `/preferences/${encodeURIComponent(name)}`, { body: value });
  if (known) (await known)[name] = value;
}

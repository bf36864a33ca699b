/** What a form knows of a sign-in; `keep` leaves it as it is, an empty kind is none. */
export interface LoginForm {
  kind: "" | "keep" | "basic" | "bearer" | "header";
  user: string;
  password: string;
  token: string;
  name: string;
  value: string;
}

export type Login = { kind: "basic"; user: string; password: string } | { kind: "bearer"; token: string } | { kind: "header"; name: string; value: string };

export function loginForm(kind: LoginForm["kind"] = ""): LoginForm {
  return { kind, user: "", password: "", token: "", name: "", value: "" };
}

/** As the server takes it: `null` for none, `undefined` when it stays what it is. */
export function loginOf({ kind, user, password, token, name, value }: LoginForm): Login | null | undefined {
  if (kind === "basic") return { kind, user, password };
  if (kind === "bearer") return { kind, token };
  if (kind === "header") return { kind, name, value };
  return kind === "keep" ? undefined : null;
}

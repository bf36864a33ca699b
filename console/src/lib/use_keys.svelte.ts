import { bindKeys, type Binding, type Scope } from "./keys";

/** Binds keys for as long as the component is shown. Call it while a component is made. */
export function useKeys(scope: Scope, bindings: readonly Binding[]): void {
  $effect(() => bindKeys(scope, bindings));
}

import type { Action } from "../../lib/session.svelte";
import type { Post } from "./types";

export interface Deeds {
  save: boolean;
  improve: boolean;
  submit: boolean;
  approve: boolean;
  sendBack: boolean;
  publish: boolean;
  again: boolean;
  retract: boolean;
  reschedule: boolean;
  withdraw: boolean;
  reopen: boolean;
}

/** What may be done with a post in its state, by somebody with these rights; `isChanged` when the text differs from the version. */
export function deedsOf(post: Post | null, isChanged: boolean, may: (action: Action) => boolean): Deeds {
  const state = post?.state ?? "new";
  const is = (...states: string[]) => states.includes(state);
  const isUpdate = is("published") && post?.approved_version !== post?.version;
  const hasUpdateDue = is("published") && post?.approved_version != null && post.approved_version !== post.published_version;
  return {
    save: may("write") && !is("publishing"),
    improve: may("write") && !isChanged && !is("publishing", "new"),
    submit: may("write") && is("new", "draft"),
    approve: may("judge") && (isChanged ? may("write") && !is("publishing", "new") : is("in_review") || isUpdate),
    sendBack: may("judge") && is("in_review"),
    publish: may("publish") && (is("scheduled", "approved") || hasUpdateDue),
    again: may("publish") && is("failed"),
    retract: may("publish") && is("published"),
    reschedule: may("publish") && (is("scheduled", "approved") || hasUpdateDue),
    withdraw: may("judge") && (is("scheduled", "approved") || hasUpdateDue),
    reopen: may("judge") && is("rejected", "failed", "retracted"),
  };
}

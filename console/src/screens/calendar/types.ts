/** A post in the calendar. */
export interface Entry {
  post: string;
  title: string;
  state: string;
  at: string;
  score: number;
  channels: string[];
  /** It is out, on its way or has failed: it cannot be moved. */
  fixed: boolean;
}

export interface SlotView {
  channel: string;
  at: string;
  post: string | null;
}

export interface Span {
  name: string;
  from: string;
  to: string;
}

/** A post without a time. */
export interface Brief {
  post: string;
  title: string;
  state: string;
  version: number;
  score: number;
  topic: string;
  created_at: string;
}

export interface Calendar {
  zone: string;
  entries: Entry[];
  is_whole: boolean;
  slots: SlotView[];
  blackouts: Span[];
  unscheduled: Brief[];
}

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type DayName = (typeof DAYS)[number];

export interface Slot {
  days: DayName[];
  time: string;
}

export interface ChannelSlots {
  slots: Slot[];
  spacing_min: number;
}

/** With `days` every week, else once. */
export interface Blackout {
  name: string;
  days?: DayName[] | null;
  from: string;
  to: string;
}

export interface Settings {
  zone: string;
  channels: Record<string, ChannelSlots>;
  blackouts: Blackout[];
}

export type View = "month" | "week" | "agenda";

/** What can be given a time: a post that has one, or one that waits for it. */
export interface Movable {
  post: string;
  title: string;
  state: string;
  /** `null` for a post without a time. */
  at: string | null;
  /** To be approved in the same step. */
  version: number | null;
}

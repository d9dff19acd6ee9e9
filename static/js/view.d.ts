// The shape of what screens hold, for `// @ts-check` only; no browser loads this file. The server's side of it is
// meetingsvc/views/view.py. Absent means "there is none"; times are ms UTC, durations seconds; ids are numbers
// in values and their decimal strings as keys. What belongs here: names of fields. What does not: any code.

export type Words = Record<string, string>;
export type Rows<T> = Record<string, T>;
export type Mode = "in_room" | "remote";
export interface Person { name: string; post?: string }

export interface Session { starts: string; ends: string; zone: string; starts_at: number; ends_at: number }
export interface Meeting {
  title: Words; body?: Words; state: "scheduled" | "open" | "suspended" | "adjourned" | "closed" | "cancelled";
  format: "in_person" | "online" | "hybrid"; languages: string[]; tz: string; sessions: Rows<Session>;
  session?: number; until?: number; opened_at?: number; room?: string; link?: string;
  rules: { preset: string; changeover_s: number; warn_s: number; prepare: number[]; overrun: string;
    time?: Record<string, number>; group_of_kind?: Record<string, string> };
}
export interface Item {
  number?: string; title: Words; state: "pending" | "open" | "suspended" | "concluded";
  planned_s?: number; spent_s?: number; started_at?: number; sort: string; hidden?: true;
}
export interface Delegation {
  code?: string; name?: string; kind: string; rank?: string; mode?: Mode; present?: true; withdrawn?: true; sort: string; speaker?: Person;
}
export interface Waiting {
  delegation: number; speaker?: Person; kind: string; rank?: string; mode?: Mode; on_behalf_of?: string;
  sort: string; asked_at?: number; channel?: string;
}
export interface Heard { delegation: number; speaker?: Person; kind?: string; spoken: number; over_run?: number; ended_at: number }
export interface List {
  item?: number; purpose: string; state: "not_open" | "open" | "closed" | "exhausted"; closes_at?: number;
  seconds: number; limits?: Record<string, number>; cycle_s?: number; count?: number;
  waiting?: Rows<Waiting>; heard?: Rows<Heard>;
}
export interface Floor {
  entry: number; list: number; delegation: number; speaker?: Person; kind: string; mode?: Mode;
  seconds: number; spoken: number; since?: number; given_at?: number;
}
export interface Undoable { batch: number; code: string; facts: Record<string, any> }
export interface View {
  meeting: Meeting;
  agenda: { current?: number; items?: Rows<Item> };
  roster: { present?: { in_room?: number; remote?: number }; delegations?: Rows<Delegation> };
  speakers: { floor?: Floor; held?: Rows<Floor>; lists?: Rows<List> };
  record?: { undoable?: Undoable; redoable?: Undoable; notes?: Record<string, { at: number; text: string }> };
  may?: Record<string, string>;
}

export interface Said { seq: number; code: string; facts: Record<string, any> }
export interface Change { base: number; seq: number; patch?: any; said?: Said[]; fetch?: boolean }
export interface Message { seq?: number; epoch: string; chain: string; now?: number; notice?: string; changes: Change[]; fetch?: boolean }
export interface Head { seq: number; epoch: string; chain: string; now?: number; notice?: string }
export interface State extends Head { meeting: string; files?: string; audience: string; view: View; now: number }
export interface Boot {
  meeting: string; page: string; role: string; as?: number; delegation?: number; lang: string; dir: string;
  state: State; states_url: string; words_url: string; urls?: Record<string, string>;
}
export type Outcome =
  | { state: "done"; seq: number; said: Said[] }
  | { state: "refused"; status: number; code: string; message: string; facts: Record<string, any> }
  | { state: "unsent"; code?: string; message?: string };

// The types of the view: what a screen holds, for the type checker only; no browser loads this file. Made from
// meetingsvc/views/view_types.py by `make types`: a field is added there. A field with `?` is left out where there is
// none. Times are ms UTC, durations seconds; ids are numbers in values and their decimal strings as keys.

/** A name and a function, as far as somebody wrote them. */
export interface PersonView {
  name?: string;
  post?: string;
}

/** One session. `starts` and `ends` are the agreed wall time in `zone`. */
export interface SessionView {
  starts: string;
  ends: string;
  zone: string;
  starts_at: number;
  ends_at: number;
  began_at?: number;
  ended_at?: number;
}

/** One more way in from far away: an interpretation's sound, another camera, a telephone number. */
export interface WayInView {
  kind: "video" | "audio" | "phone";
  address: string;
  label: string;
  language?: string;
}

/** What screens need of the rules of procedure. */
export interface RulesView {
  preset: string;
  changeover_s: number;
  warn_s: number;
  time: Record<string, number>;
  group_of_kind: Record<string, string>;
  prepare: number[];
  overrun: "soft";
}

/** The meeting itself. `tz` is its zone, `session` the session in progress, `until` the end of a suspension. */
export interface MeetingView {
  title: Record<string, string>;
  state: "scheduled" | "open" | "suspended" | "adjourned" | "closed" | "cancelled";
  format: "in_person" | "online" | "hybrid";
  languages: string[];
  tz: string;
  sessions: Record<string, SessionView>;
  rules: RulesView;
  body?: Record<string, string>;
  session?: number;
  until?: number;
  opened_at?: number;
  room?: string;
  link?: string;
  channels?: WayInView[];
}

/** An item. `spent_s` and `started_at` are its clock, which runs while `started_at` is there. */
export interface ItemView {
  number: string;
  title: Record<string, string>;
  state: "pending" | "open" | "suspended" | "concluded";
  spent_s: number;
  sort: string;
  planned_s?: number;
  started_at?: number;
  hidden?: boolean;
}

/** The items by id; `current` is the one taken up. */
export interface AgendaView {
  items: Record<string, ItemView>;
  current?: number;
}

/** How many delegations are present, by where they are. */
export interface PresentView {
  in_room: number;
  remote: number;
}

/** A delegation. `name` is only what the secretariat wrote instead of the State's name. */
export interface DelegationView {
  kind: "member" | "observer_state" | "regional_org" | "igo" | "un_entity" | "ngo" | "nhri" | "guest";
  mode: "in_room" | "remote";
  sort: string;
  code?: string;
  name?: string;
  present?: boolean;
  withdrawn?: boolean;
  rank?: "HOS" | "VP" | "CP" | "HOG" | "DPM" | "M" | "VM" | "PR" | "DPR" | "CDA" | "OTHER";
  speaker?: PersonView;
}

/** The delegations by id. */
export interface RosterView {
  present: PresentView;
  delegations: Record<string, DelegationView>;
}

/** Somebody who asked for the floor. */
export interface WaitingView {
  delegation: number;
  kind: "statement" | "point_of_order";
  mode: "in_room" | "remote";
  sort: string;
  asked_at: number;
  rank?: "HOS" | "VP" | "CP" | "HOG" | "DPM" | "M" | "VM" | "PR" | "DPR" | "CDA" | "OTHER";
  speaker?: PersonView;
  channel?: "web" | "seat_button" | "video_chat" | "paper" | "email" | "spoken";
}

/** A statement that is over. */
export interface HeardView {
  delegation: number;
  kind: "statement" | "point_of_order";
  spoken: number;
  ended_at: number;
  over_run?: number;
  speaker?: PersonView;
}

/** Somebody who has the floor, or is held. The clock runs while `since` is there. */
export interface FloorView {
  entry: number;
  list: number;
  delegation: number;
  kind: "statement" | "point_of_order";
  mode: "in_room" | "remote";
  seconds: number;
  spoken: number;
  given_at: number;
  since?: number;
  speaker?: PersonView;
}

/** Who waits in a list and who was heard, by entry. */
export interface RowsView {
  waiting?: Record<string, WaitingView>;
  heard?: Record<string, HeardView>;
}

/** A list of speakers. `cycle_s` is the measured mean from one statement to the next. */
export interface ListView {
  purpose: "general";
  state: "not_open" | "open" | "closed" | "exhausted";
  seconds: number;
  limits: Record<string, number>;
  count: number;
  item?: number;
  closes_at?: number;
  cycle_s?: number;
  waiting?: Record<string, WaitingView>;
  heard?: Record<string, HeardView>;
}

/** The lists by id, who has the floor, and who is held for a point of order, by entry. */
export interface SpeakersView {
  lists: Record<string, ListView>;
  floor?: FloorView;
  held?: Record<string, FloorView>;
}

/** An act that can be taken back or done again: `batch` is what an undo of it names. */
export interface ActView {
  batch: number;
  code: string;
  facts: Record<string, any>;
}

/** A note for the record. */
export interface NoteView {
  at: number;
  text: string;
}

/** What can be undone and redone, and the notes by id. */
export interface RecordView {
  undoable?: ActView;
  redoable?: ActView;
  notes?: Record<string, NoteView>;
}

/** The one document that a screen holds. `may` names each command that is refused now, with the reason's code. */
export interface View {
  meeting: MeetingView;
  agenda: AgendaView;
  roster: RosterView;
  speakers: SpeakersView;
  may: Record<string, string>;
  record?: RecordView;
}

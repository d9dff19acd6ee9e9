// The shapes of what page and server say to each other around the view, for the type checker only; no browser loads
// this file. What belongs here: names of fields. What does not: the view's own (view.d.ts), any code.

import type { View } from './view';

/** A text of the body in one or more languages, by the language's code. */
export type LocalizedText = Record<string, string>;
/** What happened: the code of its sentence, and ids and numbers that fill it in. */
export interface Said { seq: number; code: string; facts: Record<string, any> }
export interface Change { base: number; seq: number; patch?: any; said?: Said[]; fetch?: boolean }
export interface Message {
  seq?: number; epoch: string; chain: string; now?: number; notice?: string; changes: Change[]; fetch?: boolean;
}
export interface Head { seq: number; epoch: string; chain: string; now?: number; notice?: string }
export interface State extends Head { meeting: string; files?: string; audience: string; view: View; now: number }
/** What the server writes into a live page for its modules. */
export interface Boot {
  meeting: string; page: string; role: string; as?: number; delegation?: number; lang: string; dir: string;
  state: State; states_url: string; words_url: string; urls?: Record<string, string>;
}
/** What became of a command. */
export type Outcome =
  | { state: "done"; seq: number; said: Said[] }
  | { state: "refused"; status: number; code: string; message: string; facts: Record<string, any> }
  | { state: "unsent"; code?: string; message?: string };

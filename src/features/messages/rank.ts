// Statuses come in any order, doubled, and with gaps: what is told later only counts when it tells more.
import type { Message } from "./outbox.queries.ts";

export type MessageState = Message["state"];

const ranks: Record<MessageState, number> = {
  planned: 0,
  dropped: 0,
  sending: 1,
  unknown: 1,
  accepted: 2,
  // Who has the message has it, whatever else is told.
  failed: 3,
  delivered: 4,
  read: 5,
};

const states = Object.keys(ranks) as MessageState[];

/** Those from which a message may become `state` by what a provider tells. */
export const statesBelow = (state: MessageState): MessageState[] => states.filter((one) => ranks[one] < ranks[state]);

/** Meta's words; a voice message that was played has been read. */
const words: Readonly<Record<string, MessageState>> = {
  sent: "accepted",
  delivered: "delivered",
  read: "read",
  played: "read",
  failed: "failed",
};

/** Undefined for a word that is not known. */
export const stateOf = (word: string): MessageState | undefined =>
  Object.hasOwn(words, word) ? words[word] : undefined;

import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { Hall } from "./hall.ts";

/** A router of one room; handlers are chained on it so that their types reach the typed client. */
export const router = () => new HonoBase<Hall>({ router: new TrieRouter() });

import { Hono } from "hono";
import type { Hall } from "./hall.ts";

/** A router of one room; handlers are chained on it so that their types reach the typed client. */
export const router = () => new Hono<Hall>();

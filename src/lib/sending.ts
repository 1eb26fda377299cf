/** A template message as any provider is given it. */
export type TemplateMessage = {
  /** Ours; comes back with what the provider tells of it. */
  reference: string;
  /** E.164. */
  phone?: string | undefined;
  /** For whom no phone is known. */
  bsuid?: string | undefined;
  template: { name: string; language: string; components: readonly unknown[] };
};

/** What a provider's answer proves. No provider sends a message only once by itself: what proves nothing is not sent again. */
export type Sent =
  | { kind: "accepted"; providerId: string; waId?: string | undefined; isHeld?: boolean }
  /** Not sent, for sure; `code` is WhatsApp's, or 0 where there is none. */
  | { kind: "refused"; code: number; retryAfterSeconds?: number | undefined }
  | { kind: "unknown"; reason: string };

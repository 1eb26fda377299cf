/** An answer's body, for tests that take it apart: what they expect of its values says what its shape is. */
// oxlint-disable-next-line typescript/no-explicit-any -- `unknown` would want a cast at every step into it
export type Json = Record<string, any>;

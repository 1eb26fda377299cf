// The part of fengari (Lua 5.3 in JavaScript, without types of its own) that the emulator uses.
import { createRequire } from "node:module";

export type LuaState = object;
type LuaFunction = (state: LuaState) => number;

export type Lua = {
  LUA_OK: number;
  LUA_MULTRET: number;
  LUA_REGISTRYINDEX: number;
  LUA_TNIL: number;
  LUA_TBOOLEAN: number;
  LUA_TNUMBER: number;
  LUA_TSTRING: number;
  LUA_TTABLE: number;
  lua_type(state: LuaState, index: number): number;
  lua_gettop(state: LuaState): number;
  lua_settop(state: LuaState, index: number): void;
  lua_absindex(state: LuaState, index: number): number;
  lua_pop(state: LuaState, count: number): void;
  lua_pushnumber(state: LuaState, value: number): void;
  lua_pushboolean(state: LuaState, value: boolean): void;
  lua_pushlstring(state: LuaState, bytes: Uint8Array, length: number): void;
  lua_pushcfunction(state: LuaState, run: LuaFunction): void;
  lua_newtable(state: LuaState): void;
  lua_rawseti(state: LuaState, index: number, position: number): void;
  lua_rawgeti(state: LuaState, index: number, position: number): number;
  lua_setfield(state: LuaState, index: number, name: Uint8Array): void;
  lua_getfield(state: LuaState, index: number, name: Uint8Array): number;
  lua_setglobal(state: LuaState, name: Uint8Array): void;
  lua_tonumber(state: LuaState, index: number): number;
  lua_toboolean(state: LuaState, index: number): boolean;
  lua_tolstring(state: LuaState, index: number): Uint8Array;
  lua_pcall(state: LuaState, args: number, results: number, handler: number): number;
  lua_error(state: LuaState): number;
};

type Auxiliary = {
  luaL_newstate(): LuaState;
  luaL_requiref(state: LuaState, name: Uint8Array, open: LuaFunction, isGlobal: number): void;
  luaL_loadbuffer(state: LuaState, bytes: Uint8Array, length: number, name: Uint8Array): number;
  luaL_ref(state: LuaState, table: number): number;
  luaL_unref(state: LuaState, table: number, reference: number): void;
  luaL_where(state: LuaState, level: number): void;
};

type Libraries = Record<"luaopen_base" | "luaopen_table" | "luaopen_string" | "luaopen_math", LuaFunction>;

// Redis speaks Lua 5.1, where 5.0 prints as "5". Fengari reads this when it is loaded, and never again.
process.env["FENGARICONF"] ??= JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
const fengari = createRequire(import.meta.url)("fengari") as { lua: Lua; lauxlib: Auxiliary; lualib: Libraries };

export const { lua, lauxlib, lualib } = fengari;

export const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf8"));
export const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");

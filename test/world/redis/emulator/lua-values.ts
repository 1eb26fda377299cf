// How values cross between Redis and Lua: https://redis.io/docs/latest/develop/programmability/lua-api/#data-type-conversion
import { RedisError } from "../reply.ts";
import type { Value } from "./command.ts";
import { lua, toBytes, toText, type LuaState } from "./fengari.ts";

export const pushText = (state: LuaState, text: string) => {
  const bytes = toBytes(text);
  lua.lua_pushlstring(state, bytes, bytes.length);
};

const pushField = (state: LuaState, name: string, text: string) => {
  lua.lua_newtable(state);
  pushText(state, text);
  lua.lua_setfield(state, -2, toBytes(name));
};

export const pushList = (state: LuaState, items: Value[]) => {
  lua.lua_newtable(state);
  items.forEach((item, index) => {
    pushValue(state, item);
    lua.lua_rawseti(state, -2, index + 1);
  });
};

/** Puts a Redis reply on Lua's stack: null becomes false, a status `{ok}`, an error `{err}`. */
export const pushValue = (state: LuaState, value: Value): void => {
  if (value === null) return lua.lua_pushboolean(state, false);
  if (typeof value === "string") return pushText(state, value);
  // As a float, because fengari's integers have 32 bits and would wrap.
  if (typeof value === "number") return lua.lua_pushnumber(state, value);
  if (Array.isArray(value)) return pushList(state, value);
  if (value instanceof RedisError) return pushField(state, "err", value.message);
  return pushField(state, "ok", value.ok);
};

/** The text in a field of the table at `index`, if it holds one. */
export const readField = (state: LuaState, index: number, name: string): string | undefined => {
  lua.lua_getfield(state, index, toBytes(name));
  const text = lua.lua_type(state, -1) === lua.LUA_TSTRING ? toText(lua.lua_tolstring(state, -1)) : undefined;
  lua.lua_pop(state, 1);
  return text;
};

const readTable = (state: LuaState, position: number): Value => {
  const index = lua.lua_absindex(state, position);
  const error = readField(state, index, "err");
  if (error !== undefined) return new RedisError(error);
  const ok = readField(state, index, "ok");
  if (ok !== undefined) return { ok };
  const items: Value[] = [];
  for (;;) {
    const type = lua.lua_rawgeti(state, index, items.length + 1);
    if (type !== lua.LUA_TNIL) items.push(readValue(state, -1));
    lua.lua_pop(state, 1);
    if (type === lua.LUA_TNIL) return items;
  }
};

/** Reads what a script returns: numbers lose their fraction, false is null, true is 1, a list ends at its first nil. */
export const readValue = (state: LuaState, index: number): Value => {
  switch (lua.lua_type(state, index)) {
    case lua.LUA_TNUMBER:
      return Math.trunc(lua.lua_tonumber(state, index));
    case lua.LUA_TSTRING:
      return toText(lua.lua_tolstring(state, index));
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(state, index) ? 1 : null;
    case lua.LUA_TTABLE:
      return readTable(state, index);
    default:
      return null;
  }
};

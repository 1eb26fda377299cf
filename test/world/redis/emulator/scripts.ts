import { createHash } from "node:crypto";
import { RedisError } from "../reply.ts";
import type { Value } from "./command.ts";
import { lauxlib, lua, lualib, toBytes, toText, type LuaState } from "./fengari.ts";
import { pushList, pushText, pushValue, readField, readValue } from "./lua-values.ts";

// Lua 5.1's names, Redis' ban on globals, and numbers that do not wrap at 32 bits.
const prelude = `
  unpack = table.unpack
  loadstring = load
  print, dofile, loadfile = nil, nil, nil
  local parse = tonumber
  tonumber = function(...) local number = parse(...) return number and number + 0.0 end
  KEYS, ARGV = {}, {}
  setmetatable(_G, {
    __index = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
    __newindex = function() error("Attempt to modify a readonly table", 2) end,
  })
`;

export const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");

/** As C's %.17g, which is how Redis writes a number that a script passes on. */
const formatNumber = (value: number) =>
  Number.isInteger(value) ? String(value) : value.toPrecision(17).replace(/0+(?=e|$)/, "");

const readWords = (state: LuaState): string[] => {
  const count = lua.lua_gettop(state);
  if (count === 0) throw new RedisError("ERR Please specify at least one argument for this redis lib call");
  return Array.from({ length: count }, (_, index) => {
    const type = lua.lua_type(state, index + 1);
    if (type === lua.LUA_TNUMBER) return formatNumber(lua.lua_tonumber(state, index + 1));
    if (type === lua.LUA_TSTRING) return toText(lua.lua_tolstring(state, index + 1));
    throw new RedisError("ERR Lua redis lib command arguments must be strings or integers");
  });
};

/** The line of the script that is running, from Lua's own `user_script:<line>:` prefix. */
const currentLine = (state: LuaState) => {
  lauxlib.luaL_where(state, 1);
  const where = toText(lua.lua_tolstring(state, -1));
  lua.lua_pop(state, 1);
  return where.split(":")[1] ?? "";
};

type RunCommand = (words: string[]) => Value;

const openState = (run: RunCommand): LuaState => {
  const state = lauxlib.luaL_newstate();
  const libraries = {
    _G: lualib.luaopen_base,
    table: lualib.luaopen_table,
    string: lualib.luaopen_string,
    math: lualib.luaopen_math,
  };
  for (const [name, open] of Object.entries(libraries)) lauxlib.luaL_requiref(state, toBytes(name), open, 1);

  const attempt = (): Value => {
    try {
      return run(readWords(state));
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  };
  const call = () => {
    const reply = attempt();
    pushValue(state, reply);
    if (!(reply instanceof RedisError)) return 1;
    pushText(state, currentLine(state));
    lua.lua_setfield(state, -2, toBytes("line"));
    return lua.lua_error(state);
  };
  const functions: Record<string, () => Value> = {
    pcall: attempt,
    error_reply: () => {
      const text = readWords(state).join(" ");
      return new RedisError(text.includes(" ") ? text : `ERR ${text}`);
    },
    status_reply: () => ({ ok: readWords(state).join(" ") }),
    sha1hex: () => sha1(readWords(state).join("")),
    log: () => null,
  };

  lua.lua_newtable(state);
  lua.lua_pushcfunction(state, call);
  lua.lua_setfield(state, -2, toBytes("call"));
  for (const [name, make] of Object.entries(functions)) {
    lua.lua_pushcfunction(state, () => {
      pushValue(state, make());
      return 1;
    });
    lua.lua_setfield(state, -2, toBytes(name));
  }
  lua.lua_setglobal(state, toBytes("redis"));

  const bytes = toBytes(prelude);
  lauxlib.luaL_loadbuffer(state, bytes, bytes.length, toBytes("@prelude"));
  lua.lua_pcall(state, 0, 0, 0);
  return state;
};

const explain = (state: LuaState, sha: string): RedisError => {
  if (lua.lua_type(state, -1) === lua.LUA_TTABLE) {
    const message = readField(state, -1, "err") ?? "ERR unknown error";
    const line = readField(state, -1, "line");
    return new RedisError(line === undefined ? message : `${message} script: ${sha}, on @user_script:${line}.`);
  }
  const message = toText(lua.lua_tolstring(state, -1));
  return new RedisError(`ERR ${message} script: ${sha}, on @user_script:${message.split(":")[1] ?? ""}.`);
};

/** Runs Lua scripts as Redis does; `run` executes what they ask for with redis.call. */
export const createScripts = (run: RunCommand) => {
  const state = openState(run);
  const compiled = new Map<string, number>();

  const load = (source: string): string => {
    const sha = sha1(source);
    if (compiled.has(sha)) return sha;
    const bytes = toBytes(source);
    if (lauxlib.luaL_loadbuffer(state, bytes, bytes.length, toBytes("@user_script")) !== lua.LUA_OK) {
      const message = toText(lua.lua_tolstring(state, -1));
      lua.lua_settop(state, 0);
      throw new RedisError(`ERR Error compiling script (new function): ${message}`);
    }
    compiled.set(sha, lauxlib.luaL_ref(state, lua.LUA_REGISTRYINDEX));
    return sha;
  };

  const runLoaded = (sha: string, keys: string[], args: string[]): Value => {
    const reference = compiled.get(sha.toLowerCase());
    if (reference === undefined) throw new RedisError("NOSCRIPT No matching script. Please use EVAL.");
    for (const [name, words] of [
      ["KEYS", keys],
      ["ARGV", args],
    ] as const) {
      pushList(state, words);
      lua.lua_setglobal(state, toBytes(name));
    }
    lua.lua_rawgeti(state, lua.LUA_REGISTRYINDEX, reference);
    try {
      if (lua.lua_pcall(state, 0, 1, 0) !== lua.LUA_OK) throw explain(state, sha.toLowerCase());
      return readValue(state, -1);
    } finally {
      lua.lua_settop(state, 0);
    }
  };

  return {
    load,
    runLoaded,
    has: (sha: string) => compiled.has(sha.toLowerCase()),
    flush: () => {
      for (const reference of compiled.values()) lauxlib.luaL_unref(state, lua.LUA_REGISTRYINDEX, reference);
      compiled.clear();
    },
  };
};

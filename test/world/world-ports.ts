import { findFreePort } from "./ports.ts";

const places = {
  worker: { variable: "WORKER_PORT", usual: 8787, what: "the worker" },
  page: { variable: "PAGE_PORT", usual: 8786, what: "the local page that stands in for the frontend" },
  postgres: { variable: "POSTGRES_PORT", usual: 54329, what: "PostgreSQL" },
  neon: { variable: "NEON_PORT", usual: 54330, what: "the Neon door" },
  upstash: { variable: "UPSTASH_PORT", usual: 54331, what: "the Upstash door" },
  meta: { variable: "META_PORT", usual: 54332, what: "the Meta simulator" },
} as const;

export type Place = keyof typeof places;
export type Ports = Record<Place, number>;

const portOf = (place: Place, env: NodeJS.ProcessEnv): number => {
  const { variable, usual } = places[place];
  const text = env[variable];
  if (text === undefined || text === "") return usual;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`${variable} must be a port, 1 to 65535, not "${text}".`);
};

/** Where everything listens: the usual ports, or those that the environment names. */
export const readPorts = (env: NodeJS.ProcessEnv): Ports => {
  const ports = Object.fromEntries(Object.keys(places).map((place) => [place, portOf(place as Place, env)])) as Ports;
  const wanted = Object.entries(ports) as [Place, number][];
  const second = wanted.find(([, port], at) => wanted.findIndex((other) => other[1] === port) < at);
  if (second) throw new Error(`Two parts want port ${second[1]}: choose another with ${places[second[0]].variable}.`);
  return ports;
};

/** Throws a sentence that names the first taken port, who wants it and the variable that changes it. */
export const requireFree = async (ports: Ports, wanted: readonly Place[]): Promise<void> => {
  for (const place of wanted) {
    const { variable, what } = places[place];
    await findFreePort(ports[place], what).catch((cause: unknown) => {
      const way = `Stop the program that listens there, or choose another port: ${variable}=${ports[place] + 1000} npm run …`;
      throw new Error(`Port ${ports[place]} is taken, and ${what} wants it. ${way}`, { cause });
    });
  }
};

import { createServer, type AddressInfo, type Server } from "node:net";

const isTaken = (error: unknown) => error instanceof Error && "code" in error && error.code === "EADDRINUSE";

/** Listens on 127.0.0.1 and returns the port; 0 means any free one. Throws a sentence that names the port when it is taken. */
export const listenLocally = (server: Server, port: number, what: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        isTaken(error)
          ? new Error(`Port ${port} on 127.0.0.1 is taken, so ${what} cannot start there.`, { cause: error })
          : error,
      ),
    );
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });

/** A port nobody listens on right now, or the wanted one after making sure that it is free. */
export const findFreePort = async (wanted: number, what: string): Promise<number> => {
  const probe = createServer();
  const port = await listenLocally(probe, wanted, what);
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

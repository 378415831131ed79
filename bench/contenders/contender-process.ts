import type { Registrations } from './contender.ts';

/** What a contender that runs as a process of the harness says when it is ready. */
export interface ProcessReady {
  readonly issuer: string;
  readonly jwksUri: string;
}

/** Client ids of both: the account with a federation, and the one with a key of its own. */
export const clientIds = {
  federated: '01a8c1f0-0a54-7f8a-9d5e-3c1b7e2f9a66',
  ownKey: '01a8c1f0-0a54-7f8a-9d5e-3c1b7e2f9a67',
} as const;

/** Serves as soon as the harness says what, and ends with the harness. A failure ends the process, and the harness with what it says. */
export const serveWhenTold = (serve: (registrations: Registrations) => Promise<ProcessReady>): void => {
  process.on(
    'message',
    (registrations: Registrations) =>
      void (async () => {
        process.send?.(await serve(registrations));
      })(),
  );
  process.on('disconnect', () => process.exit());
  // An orderly end, or no profile would be written.
  process.on('SIGTERM', () => process.exit());
  // Ctrl-C reaches the whole group; the harness ends this process when it is done with it.
  process.on('SIGINT', () => undefined);
};

import type { CommandContext } from '../command-context.ts';

/** What the command line and the environment name, of which at most one counts. */
export interface NamedSource {
  readonly subjectToken: string | null;
  /** `-` is stdin. */
  readonly subjectTokenFile: string | null;
  readonly tokenVariable: string | null;
  readonly credentials: string | null;
}

/** What a source may look at. */
export interface SourceRequest {
  readonly named: NamedSource;
  /** The audience a platform is asked for; `null` while no server is named. */
  readonly platformAudience: string | null;
  readonly allowHttp: boolean;
}

/** What a source found where it looked. */
export type Finding =
  /** A token of the platform, exchanged for one of ours. */
  | {
      readonly kind: 'platform-token';
      /** Where it comes from: a file, a variable, a service of the platform. */
      readonly where: string;
      /**
       * Reads it anew.
       *
       * @param deadline milliseconds since 1970, when one has waited long enough for the platform
       * @throws CommandFailed
       */
      readonly read: (audience: string, deadline: number) => Promise<string>;
      /** Whether reading it later gives a fresh one. */
      readonly renews: boolean;
      /** Said on stderr when it is chosen. */
      readonly warning?: string;
    }
  /** A credentials file of an account with its own key. */
  | { readonly kind: 'own-key'; readonly path: string }
  | {
      readonly kind: 'absent';
      /** Whether this is the place of the source, which lacks something there. */
      readonly isHere: boolean;
      /** A clause: what it lacks, and how to give it. */
      readonly lack: string;
    };

/** One place a workload's identity may come from. */
export interface TokenSource {
  readonly name: string;
  /** Taken only where no platform was recognised that merely lacks something. */
  readonly isLastResort?: boolean;
  readonly find: (context: CommandContext, request: SourceRequest) => Promise<Finding>;
}

/** A source that is somewhere else. */
export const notHere = (lack: string): Finding => ({ kind: 'absent', isHere: false, lack });

/** A source whose place this is, and that lacks something. */
export const lacking = (lack: string): Finding => ({ kind: 'absent', isHere: true, lack });

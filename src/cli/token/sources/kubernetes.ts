import { lacking, notHere, type TokenSource } from '../token-source.ts';
import { findTokenFile } from './token-files.ts';

/** Where a projected token for this server is looked for when BUREAU_SUBJECT_TOKEN_FILE names no other place. */
export const projectedTokenPaths = [
  '/var/run/secrets/bureau/token',
  '/var/run/secrets/tokens/bureau',
] as const;

/** Mounted into every pod, for the API of the cluster. */
export const apiTokenPath = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const isPod = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  (environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '';

/** Kubernetes: a projected service account token with an audience of its own. */
export const kubernetes: TokenSource = {
  name: 'Kubernetes projected token',
  find: async (context) => {
    const file = await findTokenFile(context, projectedTokenPaths);
    if (file !== null) return file;
    return notHere(`nothing at ${projectedTokenPaths.join(' or ')}`);
  },
};

/** Kubernetes: the token for the cluster's own API, which hardly any federation should accept. */
export const kubernetesApiToken: TokenSource = {
  name: 'Kubernetes API token',
  isLastResort: true,
  find: async (context, { platformAudience }) => {
    const file = await findTokenFile(context, [apiTokenPath]);
    if (file === null)
      return isPod(context.environment)
        ? lacking(
            `nothing at ${apiTokenPath} either: the pod needs a projected serviceAccountToken for ${platformAudience ?? 'the server'}`,
          )
        : notHere(`nothing at ${apiTokenPath}`);
    return {
      ...file,
      warning: `this is the token for the cluster's own API, and its audience is the cluster's: mount a projected token for ${platformAudience ?? 'the server'} at ${projectedTokenPaths[0]} instead`,
    };
  },
};

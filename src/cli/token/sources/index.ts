import type { TokenSource } from '../token-source.ts';
import { buildkite } from './buildkite.ts';
import { circleci } from './circleci.ts';
import { credentialsFile } from './credentials-file.ts';
import { githubActions } from './github-actions.ts';
import { gitlab } from './gitlab.ts';
import { kubernetes, kubernetesApiToken } from './kubernetes.ts';
import { spiffe } from './spiffe.ts';
import { subjectToken } from './subject-token.ts';
import { subjectTokenFile } from './subject-token-file.ts';
import { tokenVariable } from './token-variable.ts';

/** Every source, in the order in which they are asked: what somebody named, then platforms, then files where they usually are. */
export const tokenSources: readonly TokenSource[] = [
  subjectToken,
  subjectTokenFile,
  tokenVariable,
  credentialsFile,
  githubActions,
  gitlab,
  buildkite,
  circleci,
  kubernetes,
  spiffe,
  kubernetesApiToken,
];

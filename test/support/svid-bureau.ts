// A test bureau whose account gets JWT-SVIDs, and what a test does with them all the time.
import type { Answer } from './bureau-process.ts';
import type { SpiffeBundle } from './check-jwt-svid.ts';
import { contractExample } from './svid-samples.ts';
import { openTestBureau, registered, type TestBureau, type TestBureauOptions, urn } from './test-bureau.ts';

type Members = Readonly<Record<string, unknown>>;

/** A {@link TestBureau} with providers. */
export interface SvidBureau extends TestBureau {
  /** `POST /credential-providers`, bound to the account of the bureau, with a name and an audience of its own. */
  createProvider(members?: Members): Promise<Answer>;
  /** Asks for a JWT-SVID at the door of token exchange with a token of these claims. */
  svid(form: Readonly<Record<string, string>>, claims?: Members): Promise<Answer>;
  bundle(): Promise<SpiffeBundle>;
}

/** The subject claims of a Kubernetes service account, which the account of the bureau is registered for. */
export const kubernetesSubject = 'system:serviceaccount:prod:api';
/** Claims beside `sub` with which the example of the contract can be filled. */
export const namespaceClaims = { namespace: 'prod' } as const;

/** Opens one; `close` it. */
export const openSvidBureau = async (options: TestBureauOptions = {}): Promise<SvidBureau> => {
  const bureau = await openTestBureau({
    environment: { CLUSTER_NAME: 'prod-eu-1', HOME: '/root' },
    ...options,
    configuration: { templateEnv: ['CLUSTER_NAME'], ...options.configuration },
    federation: { subject: kubernetesSubject, audience: registered.audience, ...options.federation },
  });
  let made = 0;
  return {
    ...bureau,
    createProvider: (members = {}) => {
      made += 1;
      return bureau.admin('POST', '/credential-providers', {
        ...contractExample,
        name: `provider-${made}`,
        audience: `service-${made}.example.com`,
        serviceAccounts: [bureau.account.id],
        ...members,
      });
    },
    svid: async (form, claims = namespaceClaims) =>
      bureau.token({
        grant_type: urn.tokenExchange,
        subject_token: await bureau.goodToken({ sub: kubernetesSubject, ...claims }),
        subject_token_type: urn.jwt,
        requested_token_type: urn.jwt,
        ...form,
      }),
    bundle: async () =>
      (await bureau.inject({ method: 'GET', url: '/spiffe/bundle.json' })).body as SpiffeBundle,
  };
};

/** What is in the JWT-SVID of an answer, unverified. */
export const readSvid = (answer: Answer): { readonly header: Members; readonly claims: Members } => {
  const [header = '', claims = ''] = String(answer.body.access_token).split('.');
  const read = (segment: string): Members =>
    JSON.parse(Buffer.from(segment, 'base64url').toString()) as Members;
  return { header: read(header), claims: read(claims) };
};

import type { ReplayGuard } from '../ports/replay-guard.ts';
import type { TokenEndpoint } from './handle-token-request.ts';

/** What explaining uses: what the token endpoint decides with, and nothing that would leave a trace. */
export interface Explanations extends Omit<TokenEndpoint, 'detail'> {
  readonly replayGuard: Pick<ReplayGuard, 'isUsed'>;
}

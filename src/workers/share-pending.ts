import type { Activity } from '../core/activity/activity.ts';
import type { Message, Siblings } from '../ports/siblings.ts';

/** What a worker knows and has not written yet. */
export interface Pending {
  readonly strangers: {
    pending(tenant: string, receipt: string): Activity | null | Promise<Activity | null>;
  };
  readonly attempts: { write(): Promise<void> };
}

const topics = { receipt: 'pending-receipt', write: 'write-attempts' } as const;

/** What any worker of the node knows and has not written: a receipt is found whichever worker handed it out. */
export const sharePending = (siblings: Siblings, { strangers, attempts }: Pending): Pending => {
  siblings.on(topics.receipt, async (question) => {
    const [tenant = '', receipt = ''] = question as readonly string[];
    return (await strangers.pending(tenant, receipt)) as Message;
  });
  siblings.on(topics.write, async () => {
    await attempts.write();
    return true;
  });
  return {
    strangers: {
      pending: async (tenant, receipt) => {
        const own = await strangers.pending(tenant, receipt);
        if (own !== null || siblings.count === 1) return own;
        const answers = await siblings.ask(topics.receipt, [tenant, receipt]);
        return (answers.find((answer) => answer !== null) ?? null) as Activity | null;
      },
    },
    attempts: {
      write: async () => {
        await Promise.all([attempts.write(), siblings.ask(topics.write, null)]);
      },
    },
  };
};

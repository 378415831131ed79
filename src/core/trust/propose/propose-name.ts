/** Long enough to tell accounts apart, short enough for a table. */
const maxLength = 64;

/** A name for the account of this subject: what is written in it, without its separators. */
export const proposeName = (subject: string): string =>
  subject
    .replace(/^[a-z]+:\/\//, '')
    .replaceAll(/[^A-Za-z0-9._]+/g, '-')
    .slice(0, maxLength)
    .replaceAll(/^[-.]+|[-.]+$/g, '') || 'workload';

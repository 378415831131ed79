import { misused } from '../../command-failed.ts';
import { readJwt } from '../read-jwt.ts';
import { notHere, type TokenSource } from '../token-source.ts';

/** A file that holds the token, or stdin. */
export const subjectTokenFile: TokenSource = {
  name: 'subject token file',
  find: async (context, { named }) => {
    const path = named.subjectTokenFile;
    if (path === null) return notHere('neither --subject-token-file nor BUREAU_SUBJECT_TOKEN_FILE is set');
    const where = path === '-' ? 'stdin' : path;
    const read = async (): Promise<string> => {
      const text = await context.readText(path);
      if (text === null) throw misused(`there is no subject token file ${path}`);
      return readJwt(text, where);
    };
    if (path !== '-') return { kind: 'platform-token', where, renews: true, read };
    // stdin can be read once.
    let fromStdin: Promise<string> | null = null;
    return { kind: 'platform-token', where, renews: false, read: () => (fromStdin ??= read()) };
  },
};

import { readFileSync } from 'node:fs';

/** Whole HTTP requests, made before the round: a file holds one form a line. Every node is called by the first one's name, as behind a balancer. */
export const readRequests = (formsFile: string, url: string): readonly Buffer[] => {
  const { host, pathname } = new URL(url);
  return readFileSync(formsFile, 'latin1')
    .split('\n')
    .filter((form) => form !== '')
    .map((form) =>
      Buffer.from(
        [
          `POST ${pathname} HTTP/1.1`,
          `host: ${host}`,
          'content-type: application/x-www-form-urlencoded',
          `content-length: ${form.length}`,
          '',
          form,
        ].join('\r\n'),
        'latin1',
      ),
    );
};

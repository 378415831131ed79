import { readFileSync } from 'node:fs';

/** HTTP requests that lie ready as bytes. */
export interface Requests {
  readonly count: number;
  /** The request at a place, counted from 0; after the last one comes the first again. */
  at(place: number): Buffer;
}

/** Puts requests one behind the other into one piece of memory, so that tens of thousands are one object to the collector. */
export const packRequests = (requests: readonly string[]): Requests => {
  const ends = new Float64Array(requests.length);
  let length = 0;
  for (const [index, request] of requests.entries()) {
    length += request.length;
    ends[index] = length;
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  for (const [index, request] of requests.entries())
    bytes.write(request, (ends[index] ?? 0) - request.length, 'latin1');
  return {
    count: requests.length,
    at: (place) => {
      const index = place % requests.length;
      return bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]);
    },
  };
};

/** Whole HTTP requests, made before the round: a file holds one form a line. Every node is called by the first one's name, as behind a balancer. */
export const readRequests = (formsFile: string, url: string): Requests => {
  const { host, pathname } = new URL(url);
  const forms = readFileSync(formsFile, 'latin1').split('\n');
  return packRequests(
    forms
      .filter((form) => form !== '')
      .map((form) =>
        [
          `POST ${pathname} HTTP/1.1`,
          `host: ${host}`,
          'content-type: application/x-www-form-urlencoded',
          `content-length: ${form.length}`,
          '',
          form,
        ].join('\r\n'),
      ),
  );
};

import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLineWriter, type LineWriter } from '../../../src/adapters/logging/line-writer.ts';

const line = (index: number): string => `{"n":${index},"text":"${'ä'.repeat(40)}"}\n`;

describe('createLineWriter', () => {
  let folder: string;
  let open: number[];
  let recoveries: number[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bureau-log-'));
    open = [];
    recoveries = [];
  });
  afterEach(async () => {
    for (const fd of open) closeSync(fd);
    await rm(folder, { recursive: true, force: true });
  });
  const fdOf = (path: string, flags: string | number): number => {
    const fd = openSync(path, flags);
    open.push(fd);
    return fd;
  };
  const writerTo = (fd: number, mostCharacters?: number): LineWriter =>
    createLineWriter({
      fd,
      recovered: (lost) => void recoveries.push(lost),
      ...(mostCharacters === undefined ? {} : { mostCharacters }),
    });
  /** Both ends of a pipe that does not wait. */
  const openPipe = (): { readonly reader: number; readonly writer: number } => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = fdOf(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { reader, writer: fdOf(path, constants.O_WRONLY | constants.O_NONBLOCK) };
  };
  const readAll = (fd: number): string => {
    const chunks: Buffer[] = [];
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      let count = 0;
      try {
        count = readSync(fd, buffer);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      if (count === 0) return Buffer.concat(chunks).toString();
      chunks.push(Buffer.from(buffer.subarray(0, count)));
    }
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('A101 every line arrives whole, once and in order', async () => {
    const path = join(folder, 'log');
    const writer = writerTo(fdOf(path, 'a'));
    for (let index = 0; index < 5000; index += 1) {
      writer.write(line(index));
      if (index % 700 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await writer.close();
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    expect(lines.map((text) => (JSON.parse(text) as { n: number }).n)).toEqual(
      Array.from({ length: 5000 }, (_unused, index) => index),
    );
    expect(writer.dropped()).toBe(0);
  });

  it('what was flushed is written without further lines', async () => {
    const path = join(folder, 'log');
    const writer = writerTo(fdOf(path, 'a'));
    writer.write(line(1));
    writer.flush();
    await until(() => readFileSync(path, 'utf8') === line(1));
    await writer.close();
  });

  it('B38 a reader that is slow gets every line once it reads; nothing waits for it meanwhile', async () => {
    const { reader, writer: fd } = openPipe();
    const writer = writerTo(fd);
    for (let index = 0; index < 4000; index += 1) writer.write(line(index));
    let text = readAll(reader);
    expect(text.length).toBeLessThan(4000 * line(0).length);
    await until(() => {
      text += readAll(reader);
      return text.endsWith(line(3999));
    });
    expect(text.split('\n').slice(0, -1)).toHaveLength(4000);
    expect(writer.dropped()).toBe(0);
    await writer.close();
  });

  it('A101 several processes write whole lines to one pipe, full as it may be', async () => {
    const { reader, writer: fd } = openPipe();
    const shared = { fd, recovered: () => undefined, isShared: true };
    const writers = [createLineWriter(shared), createLineWriter(shared), createLineWriter(shared)];
    for (const [number, writer] of writers.entries()) {
      for (let index = 0; index < 1500; index += 1) writer.write(line(index * 10 + number));
      writer.flush();
    }
    let text = '';
    await until(() => {
      // Little at a time, so that the pipe is full and every write finds room for a part of what it has.
      text += readAll(reader);
      return text.split('\n').length - 1 === 4500;
    });
    const numbers = text
      .split('\n')
      .slice(0, -1)
      .map((each) => (JSON.parse(each) as { n: number }).n);
    for (const [number] of writers.entries())
      expect(numbers.filter((n) => n % 10 === number)).toEqual(
        Array.from({ length: 1500 }, (_unused, index) => index * 10 + number),
      );
    for (const writer of writers) await writer.close();
  });

  it('B38 beyond its memory lines are lost whole and counted, and it is said when lines are written again', async () => {
    const { reader, writer: fd } = openPipe();
    const writer = writerTo(fd, 100_000);
    for (let index = 0; index < 8000; index += 1) writer.write(line(index));
    const lost = writer.dropped();
    expect(lost).toBeGreaterThan(1000);
    let text = '';
    await until(() => {
      text += readAll(reader);
      return text.split('\n').length - 1 === 8000 - lost;
    });
    for (const each of text.split('\n').slice(0, -1)) expect(() => JSON.parse(each) as unknown).not.toThrow();
    expect(recoveries).toEqual([lost]);
    await writer.close();
  });

  it('B38 a reader that is gone: lines are counted, nothing is kept for it, and the end does not wait', async () => {
    const { reader, writer: fd } = openPipe();
    closeSync(open.splice(open.indexOf(reader), 1)[0] ?? -1);
    const writer = writerTo(fd);
    for (let index = 0; index < 200; index += 1) writer.write(line(index));
    await until(() => writer.dropped() === 200);
    writer.write(line(200));
    expect(writer.dropped()).toBe(201);
    expect(recoveries).toEqual([]);
    await writer.close();
  });

  it('B38 a full disk: nothing is thrown, lines wait in memory and are lost beyond it, and the end does not wait long', async () => {
    const writer = writerTo(fdOf('/dev/full', 'w'), 50_000);
    for (let index = 0; index < 2000; index += 1) writer.write(line(index));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(writer.dropped()).toBeGreaterThan(1000);
    await writer.close();
  });
});

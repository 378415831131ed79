import { describe, expect, it } from 'vitest';
import { createFileTurns } from '../../../src/adapters/storage/sqlite/file-turns.ts';

const failure = (errcode: number): Error => Object.assign(new Error('refused'), { errcode });
/** SQLITE_BUSY, and SQLITE_BUSY_RECOVERY, which has it as its primary code. */
const [busy, busyRecovery, constraint] = [5, 261, 19];

describe('createFileTurns', () => {
  const open = (maxWaitMs = 1000) => {
    const database = { isOpen: true, isTransaction: false };
    return { database, inTurn: createFileTurns(database, maxWaitMs) };
  };
  /** Refused so many times, and then done. */
  const workAfter = (refusals: number, code = busy) => {
    const work = { attempts: 0 };
    return Object.assign(work, {
      run: (): string => {
        work.attempts += 1;
        if (work.attempts <= refusals) throw failure(code);
        return 'done';
      },
    });
  };

  it.each([busy, busyRecovery])('does again what was refused with %i because the file is taken', (code) => {
    const work = workAfter(5, code);
    expect(open().inTurn(work.run)).toBe('done');
    expect(work.attempts).toBe(6);
  });

  it('lets the refusal stand when it takes too long', () => {
    expect(() => open(20).inTurn(workAfter(1_000_000).run)).toThrow('refused');
  });

  it('does not do again what failed for another reason', () => {
    const work = workAfter(1, constraint);
    expect(() => open().inTurn(work.run)).toThrow('refused');
    expect(work.attempts).toBe(1);
  });

  it('does nothing again inside a transaction: what came before in it would be lost', () => {
    const { database, inTurn } = open();
    database.isTransaction = true;
    const work = workAfter(1);
    expect(() => inTurn(work.run)).toThrow('refused');
    expect(work.attempts).toBe(1);
  });

  it('nor where the refused work itself began one and could not end it', () => {
    const { database, inTurn } = open();
    const work = workAfter(1);
    const beginAndFail = (): string => {
      database.isTransaction = true;
      return work.run();
    };
    expect(() => inTurn(beginAndFail)).toThrow('refused');
    expect(work.attempts).toBe(1);
  });

  it('closing the database is no write', () => {
    const { database, inTurn } = open();
    const close = (): string => {
      database.isOpen = false;
      Object.defineProperty(database, 'isTransaction', {
        get: () => {
          throw new Error('database is not open');
        },
      });
      return 'closed';
    };
    expect(inTurn(close)).toBe('closed');
  });
});

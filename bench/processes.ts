import { readdirSync, readFileSync } from 'node:fs';

/** These processes and everything they started, and what that started; only themselves where the system does not tell. */
export const processesBelow = (roots: readonly number[]): readonly number[] => {
  if (roots.length === 0) return [];
  const childrenOf = new Map<number, number[]>();
  for (const [pid, parent] of readParents()) {
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [pid]);
    else siblings.push(pid);
  }
  const found: number[] = [];
  const waiting = [...roots];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    found.push(pid);
    waiting.push(...(childrenOf.get(pid) ?? []));
  }
  return found;
};

const readParents = (): readonly (readonly [pid: number, parent: number])[] => {
  try {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      const parent = parentOf(Number(name));
      return parent === null ? [] : [[Number(name), parent] as const];
    });
  } catch {
    return [];
  }
};

const parentOf = (pid: number): number | null => {
  const text = read(`/proc/${pid}/status`);
  const parent = text === null ? undefined : /^PPid:\s*(\d+)$/m.exec(text)?.[1];
  return parent === undefined ? null : Number(parent);
};

/** Resident memory of a process in bytes; `null` where the system does not tell. */
export const memoryOfProcess = (pid: number): number | null => {
  const text = read(`/proc/${pid}/status`);
  const kibibytes = text === null ? undefined : /^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
};

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

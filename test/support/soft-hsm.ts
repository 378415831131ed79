import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPkcs11SigningBackend } from '../../src/adapters/signing/pkcs11.ts';
import {
  loadPkcs11Package,
  openPkcs11Token,
  type Pkcs11Options,
  type Pkcs11Token,
} from '../../src/adapters/signing/pkcs11-token.ts';
import type { SigningBackend } from '../../src/ports/signing-backend.ts';

/** SoftHSM2 with tokens in a folder of its own. */
export interface SoftHsmTokens {
  /** The file that SOFTHSM2_CONF names; this process has it there already. */
  readonly configuration: string;
  /** What opens the token of that label. */
  readonly optionsOf: (label: string) => Pkcs11Options;
  /** A session of this process, in which the user of the token is logged in. */
  readonly open: (label: string) => Promise<Pkcs11Token>;
  readonly remove: () => Promise<void>;
}

const libraries = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/**
 * Makes empty tokens of these labels in the SoftHSM2 of Debian (`softhsm2`), by way of the package `pkcs11js`. `null` where
 * one of the two is absent, with a notice that `what` was not run.
 */
export const createSoftHsmTokens = async (
  what: string,
  labels: readonly string[],
  pin = '1234',
): Promise<SoftHsmTokens | null> => {
  const module = libraries.find((path) => existsSync(path));
  const Library = await loadPkcs11Package().catch(() => null);
  if (Library === null || module === undefined) {
    const why = Library === null ? 'the package pkcs11js is not installed' : 'there is no libsofthsm2.so';
    console.warn(`NOT RUN: ${what}, because ${why}`);
    return null;
  }

  const folder = await mkdtemp(join(tmpdir(), 'bureau-softhsm-'));
  const configuration = join(folder, 'softhsm2.conf');
  await writeFile(configuration, `directories.tokendir = ${folder}\nobjectstore.backend = file\n`);
  process.env['SOFTHSM2_CONF'] = configuration;
  const pinFile = join(folder, 'pin');
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 });
  const pins = ['--so-pin', pin, '--pin', pin];
  for (const label of labels)
    await promisify(execFile)('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins]);

  const optionsOf = (tokenLabel: string): Pkcs11Options => ({ module, tokenLabel, pinFile });
  return {
    configuration,
    optionsOf,
    open: (label) => openPkcs11Token(optionsOf(label), () => new Library()),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};

/** Signing backends by a secret, as the contract suite wants them: the first secret is one token, every other one another. */
export const createSoftHsmBackends = async (
  what: string,
): Promise<{
  readonly open: (secret: Uint8Array) => Promise<SigningBackend>;
  readonly close: () => Promise<void>;
} | null> => {
  const labels = ['bureau', 'stranger'] as const;
  const softHsm = await createSoftHsmTokens(what, labels);
  if (softHsm === null) return null;
  const opened = new Map<string, Pkcs11Token>();
  let first: string | null = null;
  return {
    open: async (secret) => {
      const name = Buffer.from(secret).toString('hex');
      first ??= name;
      const label = labels[name === first ? 0 : 1];
      const token = opened.get(label) ?? (await softHsm.open(label));
      opened.set(label, token);
      return createPkcs11SigningBackend(token, (error) => {
        throw error;
      });
    },
    close: async () => {
      for (const { library, session } of opened.values()) library.C_CloseSession(session);
      await softHsm.remove();
    },
  };
};

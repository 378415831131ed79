import { readFile } from 'node:fs/promises';
import { exitCodes, StartRefused } from '../../ports/start-refused.ts';
import { type Handle, pkcs11, type Pkcs11Module } from './pkcs11-module.ts';

/** Where the token is and what opens it. */
export interface Pkcs11Options {
  /** The library of the manufacturer, for example /usr/lib/softhsm/libsofthsm2.so. */
  readonly module: string;
  /** The label the token was initialised with. */
  readonly tokenLabel: string;
  /** A file with the PIN of the user and nothing else. */
  readonly pinFile: string;
}

/** A session in which somebody is logged in. Its functions may not be called at the same time. */
export interface Pkcs11Token {
  readonly library: Pkcs11Module;
  readonly session: Handle;
  close(): void;
}

/** Not a literal: the package is optional, and neither the compiler nor the rules of imports need to find it. */
const optionalPackage: string = 'pkcs11js';

const refuse = (sentence: string, cause?: unknown): StartRefused =>
  new StartRefused([sentence], { exitCode: exitCodes.configuration, cause });

/** Loads the package that speaks PKCS#11, an optional one, for it is compiled where it is installed. */
export const loadPkcs11Package = async (): Promise<new () => Pkcs11Module> => {
  let loaded: {
    readonly PKCS11?: new () => Pkcs11Module;
    readonly default?: { PKCS11?: new () => Pkcs11Module };
  };
  try {
    loaded = (await import(optionalPackage)) as typeof loaded;
  } catch (error) {
    throw refuse(
      'signingBackend: pkcs11 needs the package pkcs11js, which is not installed here: npm install --save-optional pkcs11js',
      error,
    );
  }
  const Library = loaded.PKCS11 ?? loaded.default?.PKCS11;
  if (Library === undefined)
    throw refuse('signingBackend: the package pkcs11js that is installed has no PKCS11');
  return Library;
};

/**
 * Opens the token and logs in.
 *
 * @throws {StartRefused} with one line that names the setting in the way; never with the PIN
 */
export const openPkcs11Token = async (
  { module, tokenLabel, pinFile }: Pkcs11Options,
  createLibrary: () => Pkcs11Module,
): Promise<Pkcs11Token> => {
  const pin = await readPin(pinFile);
  const library = createLibrary();
  orRefuse(() => library.load(module), `pkcs11Module: ${module} cannot be loaded`);
  orRefuse(() => initialize(library), `pkcs11Module: ${module} cannot be initialised`);
  try {
    const slots = library
      .C_GetSlotList(true)
      // The standard pads labels with blanks.
      .filter((slot) => library.C_GetTokenInfo(slot).label.trimEnd() === tokenLabel);
    const [slot] = slots;
    if (slot === undefined || slots.length > 1)
      throw refuse(
        `pkcs11TokenLabel: ${slots.length === 0 ? 'no token has' : 'several tokens have'} the label ${tokenLabel}`,
      );
    const session = library.C_OpenSession(slot, pkcs11.CKF_RW_SESSION | pkcs11.CKF_SERIAL_SESSION);
    orRefuse(
      () => library.C_Login(session, pkcs11.CKU_USER, pin),
      `pkcs11PinFile: the token ${tokenLabel} does not take the PIN in ${pinFile}`,
    );
    return {
      library,
      session,
      close: () => {
        library.C_CloseSession(session);
        end(library);
      },
    };
  } catch (error) {
    end(library);
    throw error;
  }
};

const initialize = (library: Pkcs11Module): void => {
  try {
    library.C_Initialize();
  } catch (error) {
    // By another part of this process, which is as good.
    if ((error as { code?: unknown }).code !== pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
  }
};

const end = (library: Pkcs11Module): void => {
  library.C_Finalize();
  library.close();
};

const orRefuse = (act: () => void, sentence: string): void => {
  try {
    act();
  } catch (error) {
    throw refuse(`${sentence}: ${(error as Error).message}`, error);
  }
};

const readPin = async (pinFile: string): Promise<string> => {
  try {
    const pin = (await readFile(pinFile, 'utf8')).replace(/\r?\n$/, '');
    if (pin !== '') return pin;
  } catch (error) {
    throw refuse(
      `pkcs11PinFile: ${pinFile} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      error,
    );
  }
  throw refuse(`pkcs11PinFile: ${pinFile} is empty`);
};

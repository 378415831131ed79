/** What stands for the values of a template. */
export interface TemplateValues {
  /** For sentences, ready to be read: what is not ours in quotes. */
  readonly shown: Readonly<Record<string, string>>;
  /** For commands, as they are; `null` where they are not known. */
  readonly exact: Readonly<Record<string, string | null>>;
}

/** A command, which people copy. */
const command = /(`[^`]*`)/;

const place = /\{([a-z]+)\}/g;

/** Means the same in every shell. What begins with a dash would be an option. */
const plain = /^[A-Za-z0-9_./:][A-Za-z0-9_./:@%+=,-]{0,255}$/;

/**
 * `template` with a value for each `{name}`. Into a command between backticks only a value goes that no shell takes for more
 * than a word: strangers choose issuers and subjects. For any other, or one that is not known, its name in capitals stands.
 */
export const fillIn = (template: string, { shown, exact }: TemplateValues): string =>
  template
    .split(command)
    .map((part) =>
      part.startsWith('`')
        ? part.replaceAll(place, (_whole, name: string) => wordFor(name, exact[name] ?? null))
        : part.replaceAll(place, (whole, name: string) => shown[name] ?? whole),
    )
    .join('');

/** AUDIENCE is what presets write for the one that is registered. */
const placeholders: Readonly<Record<string, string>> = { audience: 'AUD' };

const wordFor = (name: string, value: string | null): string =>
  value !== null && plain.test(value) ? value : (placeholders[name] ?? name.toUpperCase());

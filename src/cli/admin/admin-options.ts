import type { Option } from 'commander';

/** Who signs in where; what is not given comes from the environment, the configuration and the credentials file. */
export interface SignInOptions {
  readonly credentials?: string;
  readonly config?: string;
  readonly server?: string;
  readonly tenant?: string;
  /** Seconds, for one request. */
  readonly maxWait?: number;
  readonly allowHttp?: true;
}

/** Options of every command of administration. */
export interface AdminOptions extends SignInOptions {
  readonly json?: true;
}

/** Options of a list; `all` follows the pages. */
export interface ListOptions extends AdminOptions {
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: true;
}

/** Options of what may take away an administrator. */
export interface ForceOptions extends AdminOptions {
  readonly force?: true;
}

/** Options of what may hand out credentials. */
export interface OutOptions extends AdminOptions {
  readonly out?: string;
}

/** Values as commander read them, by the names of the options. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** What the value of a filter is: the text itself, a moment or a span until now, or an account by id or name. */
export type FilterKind = 'text' | 'past' | 'account';

/** A filter of a list: the option, and the parameter of the query it becomes. */
export interface ListFilter {
  readonly parameter: string;
  readonly kind?: FilterKind;
  readonly option: Option;
}

/** A filter of a list as it was given. */
export interface GivenFilter {
  /** Of the query. */
  readonly parameter: string;
  readonly kind: FilterKind;
  readonly value: string;
  /** Names the option in a refusal. */
  readonly flag: string;
}

/** What SQLite takes as a parameter. An object in first place would be read as named parameters and shift the rest. */
export type Bindable = null | string | number | bigint | Uint8Array;

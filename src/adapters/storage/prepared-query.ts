import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Stands where argument `n` of a query that is compiled once comes to stand. */
const placeOf = (n: number): string => `argument ${n}`;

/**
 * A query that is built and compiled when it is first run and not again, for those on the path of every token: building
 * one costs more than running it.
 *
 * @param build gets a stand-in for each argument, all of them texts
 * @param count how many arguments there are
 */
export const prepareQuery = <Row>(
  db: Kysely<Database>,
  count: number,
  build: (db: Kysely<Database>, places: readonly string[]) => { readonly compile: () => CompiledQuery<Row> },
): ((values: readonly (string | number)[]) => Promise<readonly Row[]>) => {
  const places = Array.from({ length: count }, (_, n) => placeOf(n));
  const ready = new Map<'query', CompiledQuery<Row>>();
  return async (values) => {
    const query = ready.get('query') ?? build(db, places).compile();
    ready.set('query', query);
    const parameters = query.parameters.map((parameter) => {
      const n = places.indexOf(parameter as string);
      return n < 0 ? parameter : values[n];
    });
    return (await db.executeQuery<Row>({ ...query, parameters })).rows;
  };
};

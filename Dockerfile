# syntax=docker/dockerfile:1
ARG NODE_VERSION=26.10.0

FROM node:${NODE_VERSION} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY config/tools/with-node.mjs config/tools/build.ts config/tools/
COPY src src
RUN npm run build

FROM node:${NODE_VERSION}-slim
ENV NODE_ENV=production \
    BUREAU_HOST=0.0.0.0 \
    BUREAU_DATA_DIR=/data
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional dependencies only bring a Node to machines with an older one.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force \
    && install --directory --owner=node --group=node --mode=0700 /data
COPY --from=build /app/dist dist
COPY config/issuers config/issuers
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BUREAU_PORT ?? 8080}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]

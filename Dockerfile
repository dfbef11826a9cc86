# The service: node as PID 1, no root, nothing written but /data (and, while it is built, what it compiles). The simulator is a target of its own.

FROM node:26-slim AS base
WORKDIR /app
COPY package.json ./

FROM base AS simulator
COPY simulator simulator
USER node
EXPOSE 8043
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8043/simulator/state').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "simulator/main.ts", "--host", "0.0.0.0"]

FROM base AS dependencies
COPY package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM base AS service
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY config config
COPY client client
COPY examples examples
COPY src src
# 0700: the sqlite file and the key beside it are for the service alone.
RUN install -d -o node -g node -m 0700 /data node_modules/.cache
USER node
# Without a configuration it only says so (78, EX_CONFIG), and has compiled itself by then: the first start is as fast as
# every later one.
RUN node src/main.ts || test $? -eq 78
# Paths are relative to the working directory: from here the default store, data/sessions.db, lies on the volume.
WORKDIR /
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "require('node:http').get({ host: process.env.HOST || '0.0.0.0', port: process.env.PORT || 3000, path: '/livez' }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# The exec form: node itself gets SIGTERM and drains.
CMD ["node", "/app/src/main.ts"]

#!/bin/sh
# Puts the data source and the dashboards beside this script into Grafana; running it again changes nothing.
set -eu

api() {
  curl --silent --show-error --fail --user "$GF_ADMIN_USER:$GF_ADMIN_PASSWORD" \
    --header "Content-Type: application/json" "$@"
}

until curl --silent --fail --output /dev/null "$GRAFANA_URL/login"; do
  echo "waiting for $GRAFANA_URL"
  sleep 5
done

for file in *-datasource.json; do
  name=${file%-datasource.json}
  id=$(api "$GRAFANA_URL/api/datasources/id/$name" 2>/dev/null | sed 's/[^0-9]//g')
  if [ -n "$id" ]; then
    echo "updating data source $name"
    api --request PUT --data-binary "@$file" "$GRAFANA_URL/api/datasources/$id"
  else
    echo "adding data source $name"
    api --request POST --data-binary "@$file" "$GRAFANA_URL/api/datasources"
  fi
  echo
done

for file in *-dashboard.json; do
  echo "importing $file"
  { printf '{"overwrite": true, "dashboard": '; cat "$file"; printf '}'; } |
    api --request POST --data-binary @- "$GRAFANA_URL/api/dashboards/db"
  echo
done

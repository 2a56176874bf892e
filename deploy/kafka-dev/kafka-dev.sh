#!/usr/bin/env bash
# A real Apache Kafka for development and tests: KRaft, on the loopback interface, from the jars on Maven Central.
# `kafka-dev.sh help` says how to use it. It needs Java 17 or later and, the first time, Maven and the network.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: kafka-dev.sh COMMAND [--version V] [--nodes 1|3] [--port P] [--dir DIR]
       kafka-dev.sh run [options] -- PROGRAM [ARGUMENT ...]

  start          start a cluster, wait until it is usable, print its bootstrap address
  stop           stop every node, wait for it; the data stay
  status         say which nodes run; the exit code is 0 when all do
  address        print the bootstrap address
  kill NODE      end one node (1, 2, 3) with SIGKILL, as a crash does
  restart NODE   start a node that was killed or stopped on its own data, wait until it is usable
  cli TOOL ...   run topics, console-consumer, consumer-groups or any class of the jars on the cluster
  clean          stop, and remove the data and logs; the jars stay
  run            start a cluster of its own, run the program with KAFKA_BROKERS, KAFKA_DEV and KAFKA_DEV_DIR set, clean;
                 the exit code is the program's

  --version V    Apache Kafka's version (4.4.0; 3.9.2 is tested too)
  --nodes N      1, or 3 with replication 3 and min.insync.replicas 2 (1)
  --port P       the first node's port; the others follow, the controllers are 100 above (19092; run takes free ones)
  --dir DIR      where data and logs go (.kafka-dev in the repository; run: .kafka-dev/run)

The jars are kept in .kafka-dev/lib of the repository, one folder a version.

One directory holds one cluster. Version, nodes and port are remembered from start: the other commands need only --dir.
KAFKA_DEV_DIR replaces --dir, KAFKA_DEV_HEAP sets the heap of a node (320m).
TEXT
}

fail() {
  echo "kafka-dev: $1" >&2
  exit "${2:-1}"
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../.." && pwd)/.kafka-dev
dir=${KAFKA_DEV_DIR:-}
heap=${KAFKA_DEV_HEAP:-320m}
cluster_id=cGFzc2VyZWxsZS1kZXYtMQ # 16 bytes in base64, the same for all nodes
default_version=4.4.0 default_nodes=1 default_port=19092
asked_version='' asked_nodes='' asked_port=''

# need COMMAND PACKAGE: the program must be there.
need() {
  command -v "$1" >/dev/null || fail "$1 was not found, and Kafka needs it: install $2" 3
}

need_java() {
  need java "Java 17 or later (Debian and Ubuntu: apt-get install openjdk-17-jre-headless; Fedora: dnf install java-17-openjdk-headless; macOS: brew install openjdk@17)"
  local version
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  [[ ${version:-0} -ge 17 ]] || fail "Kafka needs Java 17 or later, $(command -v java) is version ${version:-unknown}: install openjdk-17-jre-headless, or put a later one first in PATH" 3
}

# jars: sets lib, the folder with the jars of the version, which are fetched once.
jars() {
  lib=$home/lib/$version
  if [[ ! -d $lib ]]; then
    need mvn "Maven (Debian and Ubuntu: apt-get install maven; Fedora: dnf install maven; macOS: brew install maven), once, to fetch the jars"
    echo "fetching Apache Kafka $version from Maven Central" >&2
    rm -rf "$lib.part"
    mvn -B -q -f "$here/pom.xml" -Dkafka.version="$version" -DoutputDirectory="$lib.part" dependency:copy-dependencies >&2 ||
      fail "Maven could not fetch Apache Kafka $version: see above; is it a released version, and is Maven Central (or the mirror in ~/.m2/settings.xml) reachable?"
    mv "$lib.part" "$lib" # complete or not there
  fi
}

# run_java CLASS ARGS: in the foreground, quiet.
run_java() {
  jars
  java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$lib/*" "$@"
}

# recall: the cluster of the directory; false when there is none.
recall() {
  [[ -f $dir/cluster ]] || return 1
  read -r version nodes port <"$dir/cluster"
}

must_recall() {
  recall || fail "there is no cluster in $dir: run kafka-dev.sh start first"
  if [[ -n $asked_version && $asked_version != "$version" || -n $asked_nodes && $asked_nodes != "$nodes" || -n $asked_port && $asked_port != "$port" ]]; then
    fail "$dir holds a cluster of version $version with $nodes node(s) on port $port: run kafka-dev.sh clean first, or choose another --dir"
  fi
}

address() {
  local i list=''
  for ((i = 1; i <= nodes; i++)); do list+=,127.0.0.1:$((port + i - 1)); done
  echo "${list:1}"
}

# pid NODE: prints the process of the node when it runs. A number that another process took over since is not believed.
pid() {
  local file=$dir/node-$1/pid p
  [[ -f $file ]] || return 1
  p=$(<"$file")
  [[ $(ps -ww -p "$p" -o args= 2>/dev/null) == *"kafka.Kafka $dir/node-$1/server.properties" ]] || return 1
  echo "$p"
}

check_node() {
  [[ $1 =~ ^[0-9]+$ && $1 -ge 1 && $1 -le $nodes ]] || fail "expected the number of a node from 1 to $nodes, found \"$1\"" 2
}

properties() {
  local i=$1 voters='' v replicas=1 in_sync=1
  if ((nodes > 1)); then replicas=3 in_sync=2; fi
  for ((v = 1; v <= nodes; v++)); do voters+=,$v@127.0.0.1:$((port + 100 + v - 1)); done
  cat <<P
process.roles=broker,controller
node.id=$i
controller.quorum.voters=${voters:1}
listeners=PLAINTEXT://127.0.0.1:$((port + i - 1)),CONTROLLER://127.0.0.1:$((port + 100 + i - 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$((port + i - 1))
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$dir/node-$i/data
auto.create.topics.enable=false
num.partitions=3
default.replication.factor=$replicas
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$replicas
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
# Few partitions for the broker's own topics: they are most of what a small broker opens and recovers.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
# The largest message of the gateway is 32 MiB and its dead letter 1 MiB more; record overhead and compression's worst case fit too.
message.max.bytes=37748736
replica.fetch.max.bytes=37748736
# Tests wait for these: a dead broker is noticed after 2 s (9 s by default), a group starts at once (3 s).
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=100
# A killed broker reads its logs again before it serves: with both cores, and not those of topics deleted long ago.
num.recovery.threads.per.data.dir=2
file.delete.delay.ms=1000
# Records of any date stay: by default those older than a week are gone 30 s after the start.
log.retention.ms=-1
# The default of 128 MiB does not fit into a small heap.
log.cleaner.dedupe.buffer.size=8388608
# A test waits until a topic is compacted: the cleaner looks for work twice a second (every 15 s by default).
log.cleaner.backoff.ms=500
P
  if [[ $version != 3.* ]]; then
    echo "share.coordinator.state.topic.replication.factor=$replicas"
    echo "share.coordinator.state.topic.min.isr=$in_sync"
  fi
}

# boot NODE: start the process; wait_for says when it is usable. The caller has checked Java.
boot() {
  local node=$dir/node-$1
  jars
  mkdir -p "$node"
  properties "$1" >"$node/server.properties"
  if [[ ! -e $node/data/meta.properties ]]; then
    run_java kafka.tools.StorageTool format -t "$cluster_id" -c "$node/server.properties" >"$node/format.log" 2>&1 ||
      fail "the data directory of node $1 could not be prepared: $(<"$node/format.log")"
  fi
  if [[ -f $node/server.log ]]; then mv "$node/server.log" "$node/server.log.1"; fi
  : >"$node/server.log" # wait_for reads it, maybe before the process writes
  # A process group of its own: what ends the caller (an interrupt, a test's time limit) does not end the broker.
  set -m
  nohup java "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC -Djava.awt.headless=true \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true \
    -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
    -cp "$lib/*" kafka.Kafka "$node/server.properties" >"$node/server.log" 2>&1 </dev/null &
  echo $! >"$node/pid"
  set +m
}

# wait_for NODE: until the broker has its place in the cluster and takes requests.
wait_for() {
  local i log=$dir/node-$1/server.log
  for ((i = 0; i < 1200; i++)); do # two minutes: recovery of a large log on a busy machine
    if grep -qs 'Kafka Server started' "$log"; then return; fi
    ((i < 20)) || pid "$1" >/dev/null || fail "node $1 ended while it started; the end of $log: $(tail -n 5 "$log")"
    sleep 0.1
  done
  fail "node $1 was not usable after two minutes; the end of $log: $(tail -n 5 "$log")"
}

# end NODE SIGNAL: and wait until the process is gone.
end() {
  local p i
  p=$(pid "$1") || return 0
  kill "-$2" "$p"
  for ((i = 0; i < 600; i++)); do # a node that has lost its quorum waits long before it stops
    pid "$1" >/dev/null || return 0
    sleep 0.1
  done
  echo "node $1 did not stop within a minute, ending it with SIGKILL" >&2
  kill -KILL "$p" 2>/dev/null || true
}

cmd_start() {
  need_java
  local i
  if [[ -f $dir/cluster ]]; then
    must_recall
  else
    version=${asked_version:-$default_version} nodes=${asked_nodes:-$default_nodes} port=${asked_port:-$default_port}
    [[ $nodes == 1 || $nodes == 3 ]] || fail "--nodes takes 1 or 3, found \"$nodes\"" 2
    [[ $port =~ ^[0-9]+$ && $port -gt 0 && $port -lt 65400 ]] || fail "--port takes a number from 1 to 65399, found \"$port\"" 2
    jars
    free_ports || fail "a port is taken, $port to $((port + nodes - 1)) and the same 100 above are needed: choose another with --port"
    echo "$version $nodes $port" >"$dir/cluster"
  fi
  for ((i = 1; i <= nodes; i++)); do
    pid "$i" >/dev/null || boot "$i" &
  done
  wait # a failure shows below
  for ((i = 1; i <= nodes; i++)); do wait_for "$i"; done
  address
}

# free_ports: nobody listens on the ports that the cluster takes.
free_ports() {
  local i p
  for ((i = 0; i < nodes; i++)); do
    for p in $((port + i)) $((port + 100 + i)); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then return 1; fi
    done
  done
}

cmd_stop() {
  recall || return 0
  local i
  # All at once: the last of three cannot leave a quorum that is gone.
  for ((i = 1; i <= nodes; i++)); do end "$i" TERM & done
  wait
}

cmd_status() {
  must_recall
  local i p all=0
  echo "Apache Kafka $version, $nodes node(s), $(address), in $dir"
  for ((i = 1; i <= nodes; i++)); do
    if p=$(pid "$i"); then echo "node $i runs, process $p"; else echo "node $i does not run"; all=1; fi
  done
  return $all
}

cmd_kill() {
  must_recall
  check_node "$1"
  pid "$1" >/dev/null || fail "node $1 does not run"
  end "$1" KILL
}

cmd_restart() {
  need_java
  must_recall
  check_node "$1"
  if pid "$1" >/dev/null; then fail "node $1 runs: kill it first, or stop the cluster"; fi
  boot "$1"
  wait_for "$1"
}

cmd_cli() {
  need_java
  must_recall
  [[ $# -gt 0 ]] || fail "expected a tool: topics, console-consumer, consumer-groups, or a class" 2
  local class=$1
  shift
  case $class in
    topics) class=org.apache.kafka.tools.TopicCommand ;;
    console-consumer) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
    consumer-groups) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
    *.*) run_java "$class" "$@"; return ;;
    *) fail "unknown tool \"$class\": expected topics, console-consumer, consumer-groups, or the name of a class" 2 ;;
  esac
  run_java "$class" --bootstrap-server "$(address)" "$@"
}

cmd_clean() {
  cmd_stop
  rm -rf "$dir"/node-[123] "$dir/cluster"
}

cmd_run() {
  [[ $# -gt 0 ]] || fail "run needs a program after --; see kafka-dev.sh help" 2
  local i
  if recall; then # an earlier run that was cut off, or one that goes on
    for ((i = 1; i <= nodes; i++)); do
      if pid "$i" >/dev/null; then fail "a cluster runs in $dir: wait for the other run, or kafka-dev.sh clean --dir $dir"; fi
    done
    cmd_clean
  fi
  nodes=${asked_nodes:-$default_nodes}
  if [[ -z $asked_port ]]; then
    for ((port = 29192; port < 31192; port += 200)); do free_ports && break; done
    asked_port=$port
  fi
  trap cmd_clean EXIT
  KAFKA_BROKERS=$(cmd_start)
  export KAFKA_BROKERS KAFKA_DEV="$here/kafka-dev.sh" KAFKA_DEV_DIR="$dir"
  echo "Apache Kafka ${asked_version:-$default_version} on $KAFKA_BROKERS" >&2
  "$@"
}

command=${1:-help}
shift || true
words=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --version | --nodes | --port | --dir)
      [[ $# -ge 2 ]] || fail "$1 needs a value" 2
      case $1 in
        --version) asked_version=$2 ;;
        --nodes) asked_nodes=$2 ;;
        --port) asked_port=$2 ;;
        --dir) dir=$2 ;;
      esac
      shift 2
      ;;
    *)
      if [[ $command == cli || $command == run ]]; then # the rest is the tool's or the program's
        if [[ $1 == -- ]]; then shift; fi
        words+=("$@")
        break
      fi
      words+=("$1")
      shift
      ;;
  esac
done

case $command in
  help | -h | --help) usage; exit ;;
  start | stop | status | address | clean) [[ ${#words[@]} -eq 0 ]] || fail "$command takes no \"${words[0]}\"; see kafka-dev.sh help" 2 ;;
  kill | restart) [[ ${#words[@]} -eq 1 ]] || fail "$command takes the number of one node; see kafka-dev.sh help" 2 ;;
  cli | run) ;;
  *) fail "unknown command \"$command\"; see kafka-dev.sh help" 2 ;;
esac
if [[ -z $dir ]]; then
  dir=$home
  if [[ $command == run ]]; then dir=$home/run; fi
fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [[ $command == address ]]; then
  must_recall
  address
else
  "cmd_$command" ${words[@]+"${words[@]}"}
fi

package db

import (
	"net"
	"time"
)

// A peer that is frozen or cut off is found in wireTime, from either side: else a
// connection to it lives for two hours.
const wireTime = 10 * time.Second

// setUp is said to the server once a connection. It is not among the startup
// parameters, which poolers refuse. A transaction that nobody goes on with would keep
// its locks.
const setUp = `SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),
	set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '10000', false),
	set_config('idle_in_transaction_session_timeout', '30000', false), set_config('role', 'levqor_app', false)`

func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
		Control:         boundUnacknowledged,
	}
}
